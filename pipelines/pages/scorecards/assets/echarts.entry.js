// What of Apache ECharts the scorecard draws with. echarts.min.js beside it is made from this file, once per upgrade, in an empty folder:
//   npm install echarts@6.1.0 esbuild@0.25.0
//   npx esbuild echarts.entry.js --bundle --minify --format=iife --target=es2018 --legal-comments=none --outfile=echarts.min.js
// SVG only: sharp on paper and at any size, and its colours may be variables of the style sheet (light, dark, print).
import * as core from "echarts/core";
import { BarChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

core.use([BarChart, CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);
globalThis.echarts = { init: core.init, version: core.version };
