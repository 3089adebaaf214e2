"""Scorecards: how good what each region and sector sent is, with every numerator and denominator.

    scorecards/<period>/index.html            overview: where are we, why, what first; ranking; method
    scorecards/<period>/<region_code>.html    one region: points lost, broken rules, deliveries
    scorecards/<period>/<provider_id>.html    one sector; method.html: every formula and limit
    scorecards/index.html                     all periods: where a page leads to newer ones; made again with each scorecard
    scorecards/assets/                        charting library and script of all pages: pipelines.pages.scorecards.assets
    scorecards/<period>/scorecard.parquet     one row per region and indicator, one ``total`` per region
    scorecards/<period>/sectors.parquet, details.parquet, files.parquet, rules.parquet    sectors, and the way down to the
                                              rows: pipelines.scoring.table
    scorecards/<period>/card.json             everything the pages show: pipelines.scoring.model
    scorecards/<period>/scorecards.xlsx       the same for a spreadsheet: overview, indicators, definitions
    scorecards/<period>/version.json, versions/<n>/    what changed and why, and earlier versions: pipelines.scoring.versions
    scorecards/.<period>.new, .<period>.old   while a folder is exchanged; a crash leaves them, the next run clears them

A period is a month, a quarter or a year. The ledger and the keys of the lake go in, nothing else; the scheme (weights, floors,
targets, red lines, grades) is ``catalog/scorecard.yaml``. An indicator is one SQL file in ``indicators/``, named as in the scheme.
"""

from pipelines.scoring.build import ScoreResult, periods, score

__all__ = ["ScoreResult", "periods", "score"]
