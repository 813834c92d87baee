"""What the usual figures of a company are tagged with in its filings, and how they are called in plain words.

Tags: the US-GAAP Financial Reporting Taxonomy (FASB), the IFRS Taxonomy, and the SEC's own "dei" (cover page).
Companies choose among several tags for one figure and change over the years: revenue moved from SalesRevenueNet to
RevenueFromContractWithCustomerExcludingAssessedTax with ASC 606.
"""

from __future__ import annotations

from typing import NamedTuple


class Concept(NamedTuple):
    """A figure of a company. words: how a sentence begins with it. loss: the same when it is negative, "" for none.

    tags: "taxonomy:Tag" of the same meaning, the usual one first. instead: near it, used only where a company reports
    none of `tags`. many: whether "were" goes with it.
    """

    words: str
    tags: tuple[str, ...]
    instead: tuple[str, ...] = ()
    loss: str = ""
    many: bool = False


def _gaap(*tags: str) -> tuple[str, ...]:
    return tuple(f"us-gaap:{tag}" for tag in tags)


CONCEPTS: dict[str, Concept] = {
    "revenue": Concept(
        "Revenue",
        (
            *_gaap("Revenues", "RevenueFromContractWithCustomerExcludingAssessedTax"),
            *_gaap("RevenueFromContractWithCustomerIncludingAssessedTax", "SalesRevenueNet"),
            "ifrs-full:Revenue",
        ),
        (*_gaap("RevenuesNetOfInterestExpense", "SalesRevenueServicesNet", "SalesRevenueGoodsNet"),
         "ifrs-full:RevenueFromContractsWithCustomers"),
    ),
    "cost of revenue": Concept(
        "Cost of revenue",
        (*_gaap("CostOfRevenue", "CostOfGoodsAndServicesSold"), "ifrs-full:CostOfSales"),
        _gaap("CostOfGoodsSold", "CostOfServices"),
    ),
    "gross profit": Concept("Gross profit", (*_gaap("GrossProfit"), "ifrs-full:GrossProfit"), loss="Gross loss"),
    "operating expenses": Concept(
        "Operating expenses", _gaap("OperatingExpenses"), _gaap("CostsAndExpenses"), many=True
    ),
    "operating income": Concept(
        "Operating income",
        (*_gaap("OperatingIncomeLoss"), "ifrs-full:ProfitLossFromOperatingActivities"),
        loss="Operating loss",
    ),
    "net income": Concept(
        "Net income",
        (*_gaap("NetIncomeLoss"), "ifrs-full:ProfitLossAttributableToOwnersOfParent"),
        (*_gaap("ProfitLoss"), "ifrs-full:ProfitLoss"),
        loss="Net loss",
    ),
    "earnings per share": Concept(
        "Diluted earnings per share",
        (*_gaap("EarningsPerShareDiluted"), "ifrs-full:DilutedEarningsLossPerShare"),
        _gaap("EarningsPerShareBasicAndDiluted"),
        many=True,
    ),
    "research and development": Concept(
        "Research and development expense",
        (*_gaap("ResearchAndDevelopmentExpense"), "ifrs-full:ResearchAndDevelopmentExpense"),
        _gaap("ResearchAndDevelopmentExpenseExcludingAcquiredInProcessCost"),
    ),
    "sales and marketing": Concept(
        "Sales and marketing expense",
        (*_gaap("SellingAndMarketingExpense"), "ifrs-full:SalesAndMarketingExpense"),
        _gaap("MarketingExpense"),
    ),
    "general and administrative": Concept(
        "General and administrative expense",
        (*_gaap("GeneralAndAdministrativeExpense"), "ifrs-full:AdministrativeExpense"),
        _gaap("SellingGeneralAndAdministrativeExpense"),
    ),
    "operating cash flow": Concept(
        "Net cash from operating activities",
        (
            *_gaap("NetCashProvidedByUsedInOperatingActivities"),
            "ifrs-full:CashFlowsFromUsedInOperatingActivities",
        ),
    ),
    "capital expenditure": Concept(
        "Capital expenditure on property and equipment",
        (
            *_gaap("PaymentsToAcquirePropertyPlantAndEquipment"),
            "ifrs-full:PurchaseOfPropertyPlantAndEquipmentClassifiedAsInvestingActivities",
        ),
        _gaap("PaymentsToAcquireProductiveAssets"),
    ),
    "total assets": Concept("Total assets", (*_gaap("Assets"), "ifrs-full:Assets"), many=True),
    "total liabilities": Concept("Total liabilities", (*_gaap("Liabilities"), "ifrs-full:Liabilities"), many=True),
    "equity": Concept(
        "Equity",
        (*_gaap("StockholdersEquity"), "ifrs-full:EquityAttributableToOwnersOfParent"),
        (*_gaap("StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest"), "ifrs-full:Equity"),
    ),
    "cash": Concept(
        "Cash and cash equivalents",
        (*_gaap("CashAndCashEquivalentsAtCarryingValue"), "ifrs-full:CashAndCashEquivalents"),
        many=True,
    ),
    "long-term debt": Concept("Long-term debt", _gaap("LongTermDebt"), _gaap("LongTermDebtNoncurrent")),
    "remaining performance obligation": Concept(
        "Remaining performance obligation", _gaap("RevenueRemainingPerformanceObligation")
    ),
    "shares outstanding": Concept(
        "Shares outstanding", ("dei:EntityCommonStockSharesOutstanding",), many=True
    ),
    "public float": Concept("Public float", ("dei:EntityPublicFloat",)),
}  # fmt: skip

_SAME = {
    "revenues": "revenue", "sales": "revenue", "net sales": "revenue", "total revenue": "revenue",
    "net revenue": "revenue", "cost of sales": "cost of revenue", "operating profit": "operating income",
    "net loss": "net income", "net profit": "net income", "profit": "net income", "eps": "earnings per share",
    "r&d": "research and development", "capex": "capital expenditure", "assets": "total assets",
    "liabilities": "total liabilities", "cash and cash equivalents": "cash", "debt": "long-term debt",
    "rpo": "remaining performance obligation",
}  # fmt: skip


def named(name: str) -> Concept | None:
    """Return the concept of a plain name ("net income") or of one of its tags written alone ("Revenues"), or None.

    A tag with its taxonomy ("us-gaap:Revenues") means that tag and no other, so it names no concept here.
    """
    key = " ".join(name.replace("_", " ").split()).casefold()
    found = CONCEPTS.get(_SAME.get(key, key))
    if found is not None or ":" in name:
        return found
    return next((each for each in CONCEPTS.values() if key in _alone(each)), None)


def _alone(concept: Concept) -> frozenset[str]:
    return frozenset(tag.partition(":")[2].casefold() for tag in (*concept.tags, *concept.instead))
