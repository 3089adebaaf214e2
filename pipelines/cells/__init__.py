"""What stands in the cells of a workbook beside their text: types, number formats, merges, what is hidden or struck out.

The modules that read files (``xlsx``, ``xls``, ``ods``) run in the process that opens workbooks (``pipelines.reading.sheets``) and
import nothing but the standard library and PyArrow; ``number_formats`` says what Excel shows of a number.
"""
