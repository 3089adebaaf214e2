"""The catalogue as a web site in Chinese: what a province reads before it sends, and what a receipt links to.

    <folder>/index.html                     datasets by class, products, code tables, legal bases and providers
    <folder>/policies.html                  display periods, repair, masks, survivorship, what is owed, working days, editions
    <folder>/<dataset_id>.html              one dataset: duties, fields, rules with examples, code tables, products, legal bases
    <folder>/templates/<dataset_id>.xlsx    the workbook a province fills in (pipelines.pages.forms)
    <folder>/site.json                      which catalogue and which program it was made from; written last

Anchors, part of the layout because receipts and scorecards link to them (``pipelines.catalog.links.link`` makes the first two):

    <dataset_id>.html#<dataset_id>.<field_id>    a field
    <dataset_id>.html#<rule_id>                  a rule
    <dataset_id>.html#code.<table_id>            a code table that the dataset uses; on index.html every one
    <dataset_id>.html#product.<product_id>       a product of the dataset; that of the subject master on index.html
    index.html#legal.<basis_id>, index.html#provider.<provider_id>
    policies.html#mask.<mask_id>, policies.html#year.<year>, policies.html#edition.<edition_id>

A page is one file without script or outside asset; the same catalogue gives the same bytes. A page grows by a section:
one more entry in its ``Section`` list, and the template ``pages/templates/catalogue/<page>/<section id>.html.j2``.
"""

from pipelines.catalog.links import link
from pipelines.pages.catalogue.build import MARK, build, keep
from pipelines.pages.phrases import document

__all__ = ["MARK", "build", "document", "keep", "link"]
