"""Why a file of another format is not read, in a sentence of its own for each, and what to do instead.

Two look-ups: by the ending of the name (``other_format``), and by what the first bytes say (``signature``). A file that an office's
own protection program has encrypted is none of these: nothing done outside that office opens it, and "save as" only writes the
same encrypted bytes again.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pipelines.reading.problems import Problem


class Advice(NamedTuple):
    """What a format is and what to do with it, in both languages."""

    zh: str
    en: str
    todo_zh: str
    todo_en: str


WORKBOOK: Final = Advice(
    "Excel 工作簿",
    "an Excel workbook",
    "请把扩展名改成 .xlsx（旧格式改成 .xls）",
    "Give it the ending .xlsx (.xls if it is old)",
)
ZIP: Final = Advice("ZIP 压缩包", "a ZIP archive", "请把扩展名改成 .zip", "Give it the ending .zip")
_SAVE: Final = ("打开后“另存为”，保存类型选 .xlsx", "Open it and save it as .xlsx")
ET: Final = Advice(
    "WPS 表格自己的格式（.et）",
    "a WPS spreadsheet",
    "请在 WPS 表格里打开后“另存为”，文件类型选“Microsoft Excel 文件（*.xlsx）”",
    "Open it in WPS and save it as .xlsx",
)
ODS: Final = Advice(
    "开放文档表格（.ods）", "an OpenDocument spreadsheet", f"请用 WPS 或 LibreOffice {_SAVE[0]}", _SAVE[1]
)
XLSB: Final = Advice("二进制工作簿（.xlsb）", "a binary workbook (.xlsb)", f"请在 Excel 里{_SAVE[0]}", _SAVE[1])
XLSM: Final = Advice(
    "带宏的工作簿（.xlsm）",
    "a workbook with macros (.xlsm)",
    "请在 Excel 里“另存为”，保存类型选“Excel 工作簿（*.xlsx）”；宏不会保留，数据不变",
    "Save it in Excel as .xlsx; the macros go, the data stay",
)
TEMPLATE: Final = Advice(
    "工作簿模板", "a workbook template", "请填好数据后另存为 .xlsx", "Fill it in and save it as .xlsx"
)
DOCUMENT: Final = Advice(
    "文字处理文档（Word、WPS 文字）",
    "a text document",
    "请把里面的表格复制到 Excel，一行一条记录，存为 .xlsx",
    "Copy its table into a workbook and save that as .xlsx",
)
SLIDES: Final = Advice("演示文稿", "a presentation", "请从源系统导出数据表（CSV 或 .xlsx）", "Export the table itself")
PDF: Final = Advice(
    "PDF 文档",
    "a PDF document",
    "PDF 是排版好的版面，不能当数据读；请从源系统导出数据表（CSV 或 .xlsx），不要用 PDF 转换",
    "Export the table itself as CSV or .xlsx; do not convert the PDF",
)
OFD: Final = Advice(
    "OFD 版式文件",
    "an OFD document",
    "版式文件不能当数据读；请从源系统导出数据表（CSV 或 .xlsx）",
    "Export the table itself as CSV or .xlsx",
)
PICTURE: Final = Advice(
    "图片",
    "a picture",
    "扫描件、截图、照片不能当数据读；请从源系统导出数据表（CSV 或 .xlsx）",
    "Export the table itself as CSV or .xlsx",
)
DBF: Final = Advice(
    "dBASE/FoxPro 表（.dbf）",
    "a dBASE table",
    "请用 Excel 打开后“另存为 .xlsx”，或者从源系统导出 CSV；注意文字、长号码没有被截短",
    "Open it in Excel and save it as .xlsx, or export CSV",
)
ACCESS: Final = Advice(
    "Access 数据库（.mdb、.accdb）",
    "an Access database",
    "请在 Access 里把要报的表导出为 .xlsx 或 CSV（UTF-8），一张表一个文件",
    "Export the table from Access as .xlsx or CSV",
)
DATABASE: Final = Advice(
    "数据库文件或备份",
    "a database or a dump of one",
    "请用查询工具把要报的表导出为 CSV（UTF-8）或 .xlsx",
    "Export the table as CSV or .xlsx",
)
XML: Final = Advice(
    "XML 文件",
    "an XML file",
    "没有约定的 XML 格式；请导出 CSV、.xlsx 或 JSON（用 Excel 能打开成表格的，打开后“另存为 .xlsx”）",
    "Export CSV, .xlsx or JSON; what Excel opens as a table can be saved as .xlsx",
)
PAGE: Final = Advice("网页", "a web page", "请用 Excel 打开后“另存为 .xlsx”", "Open it in Excel and save it as .xlsx")
RAR: Final = Advice(
    "RAR 压缩包",
    "a RAR archive",
    "请解压后直接放入里面的数据文件，或者重新压缩成 .zip（不加密码）",
    "Unpack it and send its files, or a plain ZIP",
)
SEVEN: Final = Advice("7z 压缩包", "a 7z archive", RAR.todo_zh, RAR.todo_en)
GZIP: Final = Advice(
    "gzip 压缩文件（.gz）", "a gzip file", "请解压后直接放入里面的数据文件，或者改用 .zip", RAR.todo_en
)
TAR: Final = Advice("tar 打包文件", "a tar archive", "请解包后直接放入里面的数据文件，或者改用 .zip", RAR.todo_en)
OTHER_ARCHIVE: Final = Advice("压缩文件", "a packed file", "请解压后直接放入里面的数据文件，或者改用 .zip", RAR.todo_en)
MAIL: Final = Advice(
    "邮件", "an e-mail", "请把附件里的数据文件存出来，放入收件目录", "Save its attachment and send that"
)
PROGRAM: Final = Advice(
    "程序", "a program", "收件目录只收数据文件；请放入 CSV 或 .xlsx", "Send the data as CSV or .xlsx"
)

_WORKBOOKS: Final = (".xlsx", ".xls")
OF_OTHER_PROGRAMS: Final = (DOCUMENT, SLIDES, OFD, XLSB)
"""What lies in a package as workbooks do, and is none that is read."""

_BY_ENDING: Final[dict[str, Advice]] = {
    **dict.fromkeys((".et", ".ett"), ET),
    **dict.fromkeys((".fods", ".numbers"), ODS),
    ".xlsb": XLSB,
    **dict.fromkeys((".xlsm", ".xlam", ".xla"), XLSM),
    **dict.fromkeys((".xlt", ".xltx", ".xltm"), TEMPLATE),
    **dict.fromkeys((".doc", ".docx", ".docm", ".dot", ".dotx", ".wps", ".wpt", ".rtf", ".odt"), DOCUMENT),
    **dict.fromkeys((".ppt", ".pptx", ".dps", ".odp"), SLIDES),
    ".pdf": PDF,
    ".ofd": OFD,
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic"), PICTURE),
    ".dbf": DBF,
    **dict.fromkeys((".mdb", ".accdb"), ACCESS),
    **dict.fromkeys((".sql", ".dmp", ".bak", ".db", ".sqlite", ".sqlite3", ".mdf"), DATABASE),
    ".xml": XML,
    **dict.fromkeys((".html", ".htm", ".mht", ".mhtml"), PAGE),
    ".rar": RAR,
    ".7z": SEVEN,
    ".gz": GZIP,
    **dict.fromkeys((".tar", ".tgz"), TAR),
    **dict.fromkeys((".bz2", ".xz", ".z", ".cab", ".iso", ".zst", ".lzh"), OTHER_ARCHIVE),
    **dict.fromkeys((".eml", ".msg"), MAIL),
    **dict.fromkeys((".exe", ".bat", ".cmd", ".js", ".vbs", ".msi", ".dll"), PROGRAM),
}


def unsupported_format(suffix: str, content: Advice | None = None) -> Problem:
    """A file of a kind the hub does not read.

    Args:
        suffix: ending of its name, lower case, with the dot; empty means that its name has none.
        content: what its first bytes say it is, where they do.
    """
    known = _BY_ENDING.get(suffix) or content
    zh, en = (f"：{suffix}", f": {suffix}") if suffix else ("：文件名没有扩展名", ": its name has no ending")
    if known is None:
        return Problem(
            "unsupported_format",
            f"不支持该文件类型{zh}。请使用 CSV（UTF-8 或 GB18030）、XLSX、XLS、ODS、JSON、JSONL，或者装有这些文件的 ZIP 重新报送。",
            f"This kind of file is not read{en}. Send CSV (UTF-8 or GB18030), XLSX, XLS, ODS, JSON, JSONL, or a ZIP of these.",
        )
    return Problem(
        "unsupported_format",
        f"不支持该文件类型{zh}。这是{known.zh}，整个文件未入库。{known.todo_zh}，重新报送。",
        f"This kind of file is not read{en}. It is {known.en}; nothing was taken in. {known.todo_en}, and send it again.",
    )


def wrong_content(suffix: str, found: Advice) -> Problem:
    """The name says one thing, the content another."""
    return Problem(
        "broken_workbook" if suffix in _WORKBOOKS else "wrong_content",
        f"文件名的结尾是 {suffix}，内容却是{found.zh}，整个文件未入库。{found.todo_zh}，重新报送。",
        f"The name ends in {suffix}, but the content is {found.en}. Nothing was taken in. {found.todo_en} and send it again.",
    )


def encrypted_by_office(program: str) -> Problem:
    """Encrypted by the protection program of the sender's own office; ``program`` as people know it."""
    return Problem(
        "office_encryption",
        f"文件被本单位的文档加密软件（{program}）加密，在单位以外打不开，整个文件未入库。请在本单位的电脑上先解密，"
        "或者按规定申请外发（解密外发）后，把解密的文件重新报送；只“另存为”或者改扩展名没有用，存出来的仍是密文。",
        f"The file is encrypted by document protection of your own office ({program}) and opens nowhere else. Nothing was "
        "taken in. Decrypt it at your office, or ask there for release to outside, and send the decrypted file; "
        "'save as' does not help, what it writes is encrypted again.",
    )


def no_text(suffix: str) -> Problem:
    """Bytes that are no text of any kind, under the name of a text file."""
    return Problem(
        "wrong_content",
        f"文件名的结尾是 {suffix}，内容却不是文本，整个文件未入库。可能是被单位的文档加密软件加密（请在本单位解密后再报，"
        "“另存为”没有用），也可能是文件损坏，或者是别的格式改了扩展名。请用记事本打开，看得见汉字再报送。",
        f"The name ends in {suffix}, but the content is no text. Nothing was taken in. Your office's protection program "
        "may have encrypted it (decrypt it there), it may be damaged, or another format under this name. "
        "Open it in a text editor: send it when the text can be read.",
    )


def no_workbook(suffix: str) -> Problem:
    """Bytes that are neither a workbook nor any text, under the name of a workbook."""
    return Problem(
        "broken_workbook",
        f"文件名的结尾是 {suffix}，内容却不是 Excel 工作簿，也不是文本，整个文件未入库。可能是被单位的文档加密软件加密"
        "（请在本单位解密后再报，“另存为”没有用），也可能是文件损坏或者没有传完整。请从源系统重新导出 .xlsx，"
        "在没有装加密软件的电脑上能打开，再报送。",
        f"The name ends in {suffix}, but the content is neither a workbook nor text. Nothing was taken in. Your office's "
        "protection program may have encrypted it (decrypt it there), or it is damaged or cut off. Export it again as .xlsx.",
    )
