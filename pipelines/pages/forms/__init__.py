"""The workbook of a dataset that a province fills in and drops into its inbox (填报模板): ``form(catalog, dataset_id)``.

    填报      row 1 the header: the Chinese title of each field, ``*`` before it where it is required (headers are compared
              without it); nothing below; identifiers, dates and texts are text cells, coded fields have a drop-down
    说明      how to fill in and deliver, and a row for each field
    代码表    every value of every code table of the dataset, with all texts accepted for it
    选项      hidden: the lists of the drop-downs, which in a cell could have 255 characters only

The same catalogue gives the same bytes.
"""

from pipelines.pages.forms.workbook import CHOICES, CODES, ENTRY, GUIDE, form, header

__all__ = ["CHOICES", "CODES", "ENTRY", "GUIDE", "form", "header"]
