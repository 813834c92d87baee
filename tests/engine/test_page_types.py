"""A page's kind is told by the captions it carries, not by one word of them."""

import pytest

from research.engine.retrieval.page_types import PageType, page_type

BALANCE = """Acme Corp
CONSOLIDATED BALANCE SHEETS
(In thousands) December 31, 2022 2021
Cash and cash equivalents 1,204 1,102
Accounts receivable, net 804 640
Total current assets 2,310 2,004
Total assets 9,812 9,001
Accounts payable 410 377
Total current liabilities 1,122 998
Retained earnings 4,100 3,900
Total stockholders' equity 6,010 5,500
"""
INCOME = """CONSOLIDATED STATEMENTS OF OPERATIONS
Years ended December 31, 2022 2021 2020
Revenues 13,127 9,680 5,162
Cost of revenue 5,100 4,010 3,000
Income before income taxes 1,904 1,208 400
Provision for income taxes 697 253 191
Net income 1,207 955 209
Diluted earnings per share 3.49 2.41 0.50
"""
CASH = """CONSOLIDATED STATEMENTS OF CASH FLOWS
2022 2021 2020
Cash flows from operating activities 1,756 1,373 1,493
Depreciation 3,482 1,150 1,210
Cash flows from investing activities 2,118 1,543 2,159
Cash flows from financing activities 1,201 2,814 3,059
Proceeds from debt 1,000 750 400
Net increase in cash 1,100 208 1,008
"""
COVER = """UNITED STATES SECURITIES AND EXCHANGE COMMISSION FORM 10-K
Commission file number 001-00001
(Exact name of registrant as specified in its charter)
(State or other jurisdiction of incorporation)
"""
CONTENTS = "TABLE OF CONTENTS\n" + "\n".join(f"Item {n}. Something {n * 9}" for n in range(1, 9))
RISKS = (
    "A loss of our licences could adversely affect our business. Competition may harm our margins. "
    "We might not be able to pay our debt, and rivals could materially reduce our sales."
)
RULES = (
    "The Commission may limit, condition, suspend or revoke a licence. Casino operators are licensed under the statute "
    "and its regulations; the regulator demands compliance in every jurisdiction in which licensees are active."
)
MDNA = (
    "Revenues increased by 12% compared to 2021, primarily due to higher visitation. Margins decreased slightly, "
    "driven by wages, offset by lower fuel costs."
)
NOTES = "NOTE 4 — INVENTORIES\nInventories are stated at the lower of cost and net realisable value."
SEGMENTS = (
    "Revenue by segment\nEast segment 1,204 1,100 900\nWest segment 800 700 650\nSegments total 2,004 1,800 1,550"
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (BALANCE, PageType.BALANCE_SHEET),
        (INCOME, PageType.INCOME_STATEMENT),
        (CASH, PageType.CASH_FLOW),
        (COVER, PageType.COVER),
        (CONTENTS, PageType.CONTENTS),
        (RISKS, PageType.RISK_FACTORS),
        (RULES, PageType.REGULATION),
        (MDNA, PageType.MDNA),
        (NOTES, PageType.NOTES),
        (SEGMENTS, PageType.SEGMENT),
        ("We make tea and sell it in small shops by the sea.", PageType.OTHER),
        ("12 34 56", PageType.OTHER),
        ("", PageType.OTHER),
    ],
)
def test_a_page_is_told_by_what_stands_on_it(text, wanted):
    assert page_type(text) is wanted


def test_prose_about_a_statement_is_no_statement():
    prose = "The balance sheets list total assets, total liabilities, accounts payable and retained earnings, in words."
    assert page_type(prose) is not PageType.BALANCE_SHEET


def test_a_title_alone_over_figures_is_no_statement():
    assert page_type("BALANCE SHEETS\nTea 1 2 3 4\nCoffee 5 6 7 8\n") is PageType.OTHER


def test_the_section_heading_settles_what_the_text_leaves_open():
    text = "Our results could materially change with the weather and with what our customers like to drink this year."
    assert page_type(text, "Item 1A. Risk Factors") is PageType.RISK_FACTORS
    assert page_type("We spent more on tea.", "Results of Operations") is PageType.MDNA
