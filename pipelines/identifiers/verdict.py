"""What can be said of an identifier: one reason to refuse it, any number of cautions that never refuse.

The values are stored in findings and receipts, so a value is never renamed or given a second meaning.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Reason(StrEnum):
    """Why an identifier is refused; a refused value has exactly one, the first that applies in this order."""

    MISSING = "missing"
    PLACEHOLDER = "placeholder"
    CITIZEN_ID = "citizen_id"
    LEGACY_NUMBER = "legacy_number"
    LENGTH = "length"
    ALPHABET = "alphabet"
    REGION = "region"
    BIRTH_DATE = "birth_date"
    CHECKSUM = "checksum"


class Caution(StrEnum):
    """What a reader should know of an identifier that is nevertheless accepted."""

    CLEANED = "cleaned"
    INNER_CHECK = "inner_check"
    REGISTRAR_PAIR = "registrar_pair"
    REGION_UNKNOWN = "region_unknown"


MESSAGES_ZH: Final[Mapping[Reason | Caution, str]] = MappingProxyType(
    {
        Reason.MISSING: "没有填写代码。",
        Reason.PLACEHOLDER: "填写的是占位内容（如全零、全同字符、123456…），不是代码。",
        Reason.CITIZEN_ID: "这是公民身份号码，属于个人信息，不得填入代码栏。",
        Reason.LEGACY_NUMBER: "这是旧号码（注册号、组织机构代码或15位身份证号），请改填现行代码。",
        Reason.LENGTH: "位数不符。",
        Reason.ALPHABET: "含有该位置不允许使用的字符。",
        Reason.REGION: "前两位不是省级行政区划代码。",
        Reason.BIRTH_DATE: "出生日期不是真实存在的日期。",
        Reason.CHECKSUM: "校验码不符，至少有一位字符有误。",
        Caution.CLEANED: "已去除空白、连字符等，或将全角、小写转换为标准写法，内容未变。",
        Caution.INNER_CHECK: "第9至17位组织机构代码的校验码不符，请核对。",
        Caution.REGISTRAR_PAIR: "前两位（登记管理部门和机构类别）的组合不在代码表中，请核对。",
        Caution.REGION_UNKNOWN: "第3至8位不在历年行政区划代码表中，可能是开发区代码，请核对。",
    }
)

MESSAGES_EN: Final[Mapping[Reason | Caution, str]] = MappingProxyType(
    {
        Reason.MISSING: "No code was given.",
        Reason.PLACEHOLDER: "The value stands in for a code (all zeros, one repeated character, 123456…) and is none.",
        Reason.CITIZEN_ID: "This is a citizen identity number, which is personal data and must not be filed as a code.",
        Reason.LEGACY_NUMBER: "An old number (registration, organisation, 15-digit identity); give the new one.",
        Reason.LENGTH: "The number of characters is wrong.",
        Reason.ALPHABET: "A character is not allowed where it stands.",
        Reason.REGION: "The first two digits are no province of GB/T 2260.",
        Reason.BIRTH_DATE: "The date of birth does not exist in the calendar.",
        Reason.CHECKSUM: "The check character does not fit, so at least one character is wrong.",
        Caution.CLEANED: "Blanks, hyphens, full-width or lower-case forms were normalised; nothing else changed.",
        Caution.INNER_CHECK: "The check character of the organisation code (places 9 to 17) does not fit; verify.",
        Caution.REGISTRAR_PAIR: "The first two characters are no known registrar and category; verify.",
        Caution.REGION_UNKNOWN: "Places 3 to 8 are in no revision of GB/T 2260, as with development zones; verify.",
    }
)
