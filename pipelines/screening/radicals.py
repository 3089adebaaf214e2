"""CJK radicals that stand for ideographs: what text copied out of a PDF holds (domain.md §1.1).

The Kangxi radicals (U+2F00 to U+2FDF) are folded by Unicode itself (NFKC, and only these characters are). Of the supplement
(U+2E80 to U+2EFF) Unicode folds two; the others that look like one ideograph are listed. A form that only ever is a part of a
character, such as ⺮, is left as it is.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_SUPPLEMENT: Final = (
    "⺁厂⺇几⺊卜⺎兀⺐尢⺒巳⺓幺⺝月⺟母⺠民⺩王⺬示⺻聿⻁虎⻄西⻅见⻆角⻉贝⻋车⻓长⻔门⻘青"
    "⻙韦⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻬齐⻮齿⻰龙⻳龟"
)
RADICALS: Final[dict[int, str]] = {
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)},
    **{ord(_SUPPLEMENT[at]): _SUPPLEMENT[at + 1] for at in range(0, len(_SUPPLEMENT), 2)},
}
"""By code point: the ideograph."""
