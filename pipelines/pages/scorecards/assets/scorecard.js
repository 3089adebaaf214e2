// Draws the charts of a scorecard page with Apache ECharts, from the values that stand beside each of them (charts.py).
// Colours are variables of the style sheet, so light, dark and paper need no redrawing. No animation.
"use strict";

(() => {
  const size = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
  const narrow = (box) => box.clientWidth < 34 * size();
  const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const two = (value) => (value === null || value === undefined ? "—" : Number(value).toFixed(2));
  const colour = (name) => `var(--${name})`;
  const text = (name = "ink", scale = 0.87) => ({ color: colour(name), fontSize: size() * scale, textBorderWidth: 0 });
  const still = { emphasis: { disabled: true }, animation: false };

  const frame = () => ({
    animation: false,
    darkMode: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("ink") },
    tooltip: {
      confine: true, backgroundColor: colour("card"), borderColor: colour("line"), textStyle: text(),
      extraCssText: "max-width: 24rem; white-space: normal; box-shadow: 0 2px 10px #0003;", transitionDuration: 0,
    },
  });
  const axis = (more) => ({
    axisLine: { lineStyle: { color: colour("line") } },
    axisTick: { show: false },
    axisLabel: text("muted", 0.83),
    splitLine: { lineStyle: { color: colour("line"), type: "dashed" } },
    ...more,
  });
  const grid = (more) => ({ left: 4, right: 12, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel", ...more });
  const legend = () => ({ top: 0, left: 0, itemGap: 16, textStyle: text("muted", 0.83), selectedMode: false });

  function distribution(data) {
    const bars = data.counts.map((count, n) => ({
      value: count, itemStyle: { color: colour(`g-${data.grades[n].toLowerCase()}`) }, label: { show: count > 0 },
    }));
    return {
      ...frame(),
      grid: grid({ top: 24 }),
      tooltip: { ...frame().tooltip, formatter: ({ dataIndex: n }) => `<b>${data.labels[n]} 分：${data.counts[n]} 个</b><br>${escaped(data.names[n])}` },
      xAxis: axis({ type: "category", data: data.labels, splitLine: { show: false }, axisLabel: { ...text("muted", 0.8), hideOverlap: true } }),
      yAxis: axis({ type: "value", minInterval: 1 }),
      series: [{ type: "bar", data: bars, barCategoryGap: "12%", label: { position: "top", ...text() }, ...still }],
    };
  }

  function trend(data, box) {
    const every = [...data.totals, ...data.clean, ...data.median].filter((value) => value !== null);
    const low = Math.max(0, Math.floor((Math.min(...every) - 4) / 10) * 10);
    const drawn = data.totals.map((value, n) => ({
      value, symbol: data.issued[n] ? "circle" : "emptyCircle", symbolSize: size() * (n === data.totals.length - 1 ? 0.8 : 0.5),
      label: { show: value !== null && (n === data.totals.length - 1 || !narrow(box)) },
    }));
    const line = (name, values, tint, more) => ({
      type: "line", name, data: values, itemStyle: { color: colour(tint), borderColor: colour(tint) },
      lineStyle: { color: colour(tint), width: 2 }, symbol: "none", ...still, ...more,
    });
    const formatter = (some) => {
      const n = some[0].dataIndex;
      const rows = [`<b>${escaped(data.labels[n])}</b>`];
      rows.push(`${escaped(data.name)}：${data.totals[n] === null ? escaped(data.states[n]) : two(data.totals[n])}`);
      if (data.median.length) rows.push(`各地区中位数：${two(data.median[n])}`);
      if (data.clean[n] !== null) rows.push(`无任何问题的行：${two(data.clean[n])}%（${data.fractions[n]}）`);
      rows.push(data.issued[n] ? "当时发布的数" : "按现有数据计算");
      return rows.join("<br>");
    };
    return {
      ...frame(),
      legend: legend(),
      grid: grid({ top: size() * (narrow(box) && data.median.length ? 4.6 : 2.6), right: 20 }),
      tooltip: { ...frame().tooltip, trigger: "axis", axisPointer: { lineStyle: { color: colour("muted") } }, formatter },
      xAxis: axis({ type: "category", data: data.labels, boundaryGap: true, splitLine: { show: false }, axisLabel: { ...text("muted", 0.8), hideOverlap: true } }),
      yAxis: axis({ type: "value", min: low, max: 100 }),
      series: [
        line("无任何问题的行（%）", data.clean, "muted", { lineStyle: { color: colour("muted"), type: "dotted", width: 2 } }),
        ...(data.median.length ? [line("各地区中位数", data.median, "warn", { lineStyle: { color: colour("warn"), type: "dashed", width: 2 } })] : []),
        line(data.name, drawn, "accent", { lineStyle: { color: colour("accent"), width: 3 }, symbol: "circle", label: { position: "top", formatter: ({ value }) => two(value), ...text("ink", 0.8) } }),
      ],
    };
  }

  function dimensions(data, box) {
    const room = narrow(box) ? 5.4 : 7;
    const bars = data.scores.map((value, n) => ({
      value: value === null ? 0 : value,
      itemStyle: { color: colour(value !== null && data.medians[n] !== null && value < data.medians[n] ? "bar-low" : "bar") },
    }));
    const formatter = ({ dataIndex: n }) => `<b>${escaped(data.labels[n])}</b><br>得分 ${two(data.scores[n])}（满分 100）<br>中位数 ${two(data.medians[n])}<br>可测权重 ${data.weights[n]}`;
    const side = { type: "category", inverse: true, splitLine: { show: false } };
    const values = data.scores.map((value) => (value === null ? "不测" : two(value)));
    return {
      ...frame(),
      legend: { ...legend(), data: [{ name: "得分", icon: "roundRect" }, { name: "中位数", icon: "path://M0 0h2v12h-2z" }] },
      grid: { left: size() * room, right: size() * 4, top: size() * 2.2, bottom: size() * 1.6 },
      tooltip: { ...frame().tooltip, formatter },
      xAxis: axis({ type: "value", min: 0, max: 100 }),
      yAxis: [
        axis({ ...side, data: data.labels, axisLabel: { ...text("ink", 0.87), interval: 0, width: size() * (room - 0.6), overflow: "break" } }),
        axis({ ...side, data: values, position: "right", axisLine: { show: false }, axisLabel: { ...text("ink", 0.87), interval: 0 } }),
      ],
      series: [
        { type: "bar", name: "得分", data: bars, barWidth: "56%", itemStyle: { color: colour("bar") }, ...still },
        { type: "scatter", name: "中位数", data: data.medians.map((value, n) => [value, n]), symbol: "rect", symbolSize: [size() * 0.26, size() * 1.5], itemStyle: { color: colour("ink") }, z: 5, silent: true, ...still },
      ],
    };
  }

  function lost(data, box) {
    const room = narrow(box) ? 7 : 8.4;
    return {
      ...frame(),
      grid: { left: size() * room, right: size() * 3.4, top: 6, bottom: size() * 1.6 },
      tooltip: { ...frame().tooltip, formatter: ({ dataIndex: n }) => `<b>${escaped(data.labels[n])}</b><br>丢掉 ${data.points[n]} 分<br>${escaped(data.values[n])}` },
      xAxis: axis({ type: "value", min: 0 }),
      yAxis: axis({ type: "category", data: data.labels, inverse: true, axisLabel: { ...text("ink", 0.87), interval: 0, width: size() * (room - 0.6), overflow: "break" }, splitLine: { show: false } }),
      series: [{ type: "bar", data: data.lost, barWidth: "56%", itemStyle: { color: colour("bad-bar") }, label: { show: true, position: "right", formatter: ({ dataIndex: n }) => data.points[n], ...text("ink", 0.83) }, ...still }],
    };
  }

  function calendar(data, box) {
    const room = narrow(box) ? 6.2 : 9;
    const files = "收到文件";
    const lanes = [...data.lanes, files];
    const date = (n) => { const day = new Date(`${data.first}T00:00:00Z`); day.setUTCDate(day.getUTCDate() + n); return day; };
    const named = (n) => `${date(n).getUTCMonth() + 1}月${date(n).getUTCDate()}日`;
    const short = (n) => `${date(n).getUTCMonth() + 1}/${date(n).getUTCDate()}`;
    const mark = { received: "✓", refused: "退", empty: "空", broken: "坏", missing: "缺", open: "待", not_due: "" };
    const bar = (params, api) => {
      const slot = data.slots[params.dataIndex];
      const [left, middle] = api.coord([slot.from, slot.lane]);
      const width = api.coord([slot.to, slot.lane])[0] - left - 2;
      const height = size() * 1.5;
      const shape = { x: left + 1, y: middle - height / 2, width: Math.max(width, 2), height, r: 4 };
      const children = [{ type: "rect", shape, style: { fill: colour(`s-${slot.state}`), stroke: colour(`s-${slot.state}-edge`), lineWidth: 1.5 } }];
      const write = (x, words) => children.push({ type: "text", style: { x, y: middle, text: words, textAlign: "center", textVerticalAlign: "middle", fill: colour(`s-${slot.state}-ink`), fontSize: size() * 0.87 } });
      if (slot.came !== null) {
        const x = api.coord([Math.min(slot.to, Math.max(slot.from, slot.came)) + 0.5, slot.lane])[0];
        write(Math.min(x, shape.x + shape.width - size() * 0.6), mark[slot.state]);
      } else if (width > size()) write(shape.x + shape.width / 2, width > size() * 6 ? slot.state_zh : mark[slot.state]);
      return { type: "group", children };
    };
    const formatter = (item) => {
      if (item.seriesIndex === 1) {
        const day = data.days[item.dataIndex];
        return `<b>${named(day.at)}</b><br>文件 ${day.files} 个${day.unread ? `，其中 ${day.unread} 个没有读到数据行` : ""}<br>入库 / 报送 ${day.rows}`;
      }
      const slot = data.slots[item.dataIndex];
      const came = slot.came === null ? "" : `<br>首次入库 ${named(slot.came)}`;
      return `<b>${escaped(data.lanes[slot.lane].replace("\n", "，"))}</b><br>${named(slot.from)} 至 ${named(slot.to - 1)}：${slot.state_zh}${came}${slot.rows ? `<br>入库 / 报送 ${slot.rows}` : ""}`;
    };
    const ticks = data.length > 120 ? 30 : data.length > 45 ? 14 : narrow(box) ? 7 : 2;
    return {
      ...frame(),
      grid: { left: size() * room, right: 14, top: 6, bottom: size() * 1.8 },
      tooltip: { ...frame().tooltip, formatter },
      xAxis: axis({ type: "value", min: 0, max: data.length, interval: ticks, axisLabel: { ...text("muted", 0.83), align: "left", formatter: (n) => (n < data.length ? short(n) : "") } }),
      yAxis: axis({ type: "category", data: lanes, inverse: true, axisLabel: { ...text("ink", 0.83), lineHeight: size() * 1.1, interval: 0, width: size() * (room - 0.6), overflow: "break" }, splitLine: { show: true, lineStyle: { color: colour("line") } } }),
      series: [
        { type: "custom", data: data.slots.map((slot) => [slot.from, slot.lane, slot.to]), encode: { x: [0, 2], y: 1 }, renderItem: bar, clip: true, ...still },
        { type: "scatter", data: data.days.map((day) => ({ value: [day.at + 0.5, data.lanes.length], itemStyle: { color: colour(day.unread ? "bad" : "accent") } })), symbolSize: (_, item) => size() * Math.min(1.5, 0.7 + 0.12 * data.days[item.dataIndex].files), ...still },
      ],
    };
  }

  const kinds = { distribution, trend, dimensions, lost, calendar };

  function draw(figure) {
    const box = figure.querySelector(".draw");
    const data = JSON.parse(figure.querySelector("script").textContent);
    const bars = data.scores || data.lost;
    if (data.lanes) box.style.height = `${(data.lanes.length + 1) * 2.7 + 2}rem`;
    else if (bars) box.style.height = `${bars.length * 2.2 + 4}rem`;
    const chart = echarts.init(box, null, { renderer: "svg" });
    // ECharts paints in a later frame: a chart is called drawn when it has been, not when it was asked for.
    chart.on("finished", () => { figure.dataset.drawn = ""; });
    const show = () => {
      delete figure.dataset.drawn;
      chart.setOption(kinds[figure.dataset.chart](data, box), true);
    };
    show();
    let width = box.clientWidth;
    new ResizeObserver(() => {
      if (box.clientWidth === width || matchMedia("print").matches) return;
      width = box.clientWidth;
      chart.resize();
      show();
    }).observe(box);
  }

  document.documentElement.classList.add("js");
  document.querySelectorAll("figure[data-chart]").forEach(draw);
})();
