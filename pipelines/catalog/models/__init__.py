"""What the catalogue may say: frozen models that refuse unknown keys, one module for each part of it.

    datasets     datasets and their fields        catalog/datasets, catalog/fields
    vocabulary   code tables                      catalog/codes
    checks       kinds of rules                   catalog/checks.yaml
    severity     how bad a broken rule is
    legal        documents                        catalog/legal_bases.yaml
    editions     the national basic catalogue     catalog/editions.yaml
    providers    who delivers, owns, owes what    catalog/{providers,owners}.yaml, catalog/policies/expected_deliveries.yaml
    policies     display, repair, survivorship    catalog/policies, catalog/calendar.yaml
    masks        named masks                      catalog/policies/masking.yaml
    products     what is given to whom            catalog/products
    references   what rows are compared with      catalog/references.yaml
    authorities  who speaks for whom              catalog/authorities.yaml
    scorecard    how regions are scored           catalog/scorecard.yaml

Vocabulary: GB/T 39440 (catalogue), GB/T 39445 (data elements), GB/T 36344 (quality dimensions).
"""

from pipelines.catalog.models.authorities import Authorities, AuthorityRule
from pipelines.catalog.models.checks import AppliesTo, Check, Checks
from pipelines.catalog.models.datasets import (
    AuthorityFields,
    CodePrefix,
    Condition,
    Dataset,
    DatasetRule,
    Display,
    Field,
    FieldGroup,
    Kind,
    Layout,
    Necessary,
    RecordReference,
    SubjectFields,
    Timeliness,
    UnclassedWhen,
    UseGroup,
)
from pipelines.catalog.models.editions import CatalogueClass, Edition, Editions
from pipelines.catalog.models.legal import LegalBases, LegalBasis, LegalKey
from pipelines.catalog.models.masks import Mask, MaskExample, Masking, MaskKind
from pipelines.catalog.models.model import Confidence, Dated, Identifier, Model, Text
from pipelines.catalog.models.policies import (
    Breaker,
    BreakerLimits,
    CalendarYear,
    DisplayPeriod,
    DisplayPeriods,
    IntakePolicy,
    Policies,
    Releases,
    SourceRank,
    Survivorship,
    SurvivorshipOrder,
    Volume,
    WorkingCalendar,
)
from pipelines.catalog.models.products import (
    ALL_ALLOWED,
    AccessClass,
    CodeVerification,
    Product,
    ProductFilter,
    may_see,
)
from pipelines.catalog.models.providers import (
    Cycle,
    Due,
    Duty,
    ExpectedDeliveries,
    ExpectedDelivery,
    Owner,
    Owners,
    Provider,
    ProviderGroup,
    Providers,
)
from pipelines.catalog.models.references import KnownWith, Reference, References, ReferenceSource
from pipelines.catalog.models.repair import (
    Answers,
    Message,
    MessageCondition,
    NamedRecord,
    Repair,
    RepairCondition,
    RepairDeadline,
    RepairTerms,
)
from pipelines.catalog.models.scorecard import Grade, Indicator, Scorecard, ScoreDimension
from pipelines.catalog.models.severity import Dimension, Severity
from pipelines.catalog.models.vocabulary import CodeEntry, CodeTable

__all__ = [
    "ALL_ALLOWED",
    "AccessClass",
    "Answers",
    "AppliesTo",
    "Authorities",
    "AuthorityFields",
    "AuthorityRule",
    "Breaker",
    "BreakerLimits",
    "CalendarYear",
    "CatalogueClass",
    "Check",
    "Checks",
    "CodeEntry",
    "CodePrefix",
    "CodeTable",
    "CodeVerification",
    "Condition",
    "Confidence",
    "Cycle",
    "Dataset",
    "DatasetRule",
    "Dated",
    "Dimension",
    "Display",
    "DisplayPeriod",
    "DisplayPeriods",
    "Due",
    "Duty",
    "Edition",
    "Editions",
    "ExpectedDeliveries",
    "ExpectedDelivery",
    "Field",
    "FieldGroup",
    "Grade",
    "Identifier",
    "Indicator",
    "IntakePolicy",
    "Kind",
    "KnownWith",
    "Layout",
    "LegalBases",
    "LegalBasis",
    "LegalKey",
    "Mask",
    "MaskExample",
    "MaskKind",
    "Masking",
    "Message",
    "MessageCondition",
    "Model",
    "NamedRecord",
    "Necessary",
    "Owner",
    "Owners",
    "Policies",
    "Product",
    "ProductFilter",
    "Provider",
    "ProviderGroup",
    "Providers",
    "RecordReference",
    "Reference",
    "ReferenceSource",
    "References",
    "Releases",
    "Repair",
    "RepairCondition",
    "RepairDeadline",
    "RepairTerms",
    "ScoreDimension",
    "Scorecard",
    "Severity",
    "SourceRank",
    "SubjectFields",
    "Survivorship",
    "SurvivorshipOrder",
    "Text",
    "Timeliness",
    "UnclassedWhen",
    "UseGroup",
    "Volume",
    "WorkingCalendar",
    "may_see",
]
