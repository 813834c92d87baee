"""Payments and lending apps for consumers and small businesses: wallets, transfers, cards, instalments, credit lines.

Queries are worded as regulators' guides, market studies, fee schedules and annual reports word things. A word with a
plus must be there.
"""

from __future__ import annotations

from research.engine.domain.market_rules import MarketRules
from research.engine.domain.vertical import Rule, Vertical

from . import base, canonical
from .base import section, task
from .rules import SHARED, left_out, persona, requirement, risk

# Words that seldom stand in documents about another trade.
FIELD = base.listed("""
payments, payment service, e-money, electronic money, money transmitter, money transmission, remittance, wallet, card
issuer, interchange, merchant, acquirer, chargeback, instalment, installment, buy now pay later, lender, lending, loan,
borrower, credit line, consumer credit, APR, annual percentage rate, creditworthiness, credit bureau, open banking,
PSD2, strong customer authentication, account information, safeguarding, float, know your customer, KYC, sanctions
screening, delinquency, charge-off, net interest margin, take rate, direct debit, instant payment, neobank, fintech
""")

PRODUCTS: dict[str, tuple[str, ...]] = {
    "payments": ("payments", "payment app", "payment apps", "payment service", "mobile payments"),
    "wallet": ("wallet", "wallets", "e-wallet", "digital wallet", "e-money"),
    "money transfer": ("money transfer", "money transfers", "remittance", "remittances", "money transmission"),
    "merchant acquiring": ("merchant acquiring", "card acceptance", "card terminal", "payment gateway"),
    "buy now pay later": ("buy now pay later", "BNPL", "pay later", "instalments", "installments"),
    "consumer lending": ("consumer lending", "consumer credit", "personal loans", "personal loan", "lending app"),
    "business lending": ("business lending", "small business loans", "working capital", "merchant cash advance"),
    "credit cards": ("credit card", "credit cards"),
    "open banking": ("open banking", "account information service", "payment initiation"),
}

# Those written as they are called, and those that go by other names too.
COMPETITORS: dict[str, tuple[str, ...]] = {
    **{
        name: (name,)
        for name in base.listed("Stripe, Adyen, Klarna, Affirm, Revolut, Remitly, Western Union, SoFi, N26")
    },
    **{name: (name,) for name in base.listed("LendingClub, Upstart, Chime Financial, Monzo")},
    "PayPal": ("PayPal", "Venmo"),
    "Block": ("Block, Inc.", "Square", "Cash App", "Afterpay"),
    "Wise": ("Wise plc", "Wise Payments", "TransferWise"),
}

GLOSSARY: dict[str, tuple[str, ...]] = {
    **base.CONCEPTS,
    "how much": (*base.CONCEPTS["how much"], "commission", "=of each payment", "=of each sale", "=per transaction"),
    "annual percentage rate": ("APR", "effective annual rate"),
    "buy now pay later": ("BNPL", "instalments", "installments"),
    "e-money": ("electronic money", "stored value", "wallet balance"),
    "money transmitter": ("money transmission", "money services business", "MSB"),
    "strong customer authentication": ("SCA", "two-factor authentication"),
    "know your customer": ("KYC", "customer due diligence", "identity verification"),
    "anti-money laundering": ("AML", "money laundering", "suspicious activity"),
    "payment volume": ("total payment volume", "TPV", "processed volume", "gross merchandise volume"),
    "take rate": ("share of volume", "percent of volume"),
    "safeguarding": ("safeguarded", "client funds", "segregated account"),
    "delinquency": ("past due", "default rate", "charge-off", "charge-offs", "arrears"),
    "=license": ("=licence", "=licensed", "=authorised", "=authorized", "authorisation", "registration"),
    "=customers": base.listed(
        "=customer, =users, =borrowers, =consumers, =merchants, =senders, =businesses, =households, =freelancers"
    ),
}

METRICS: dict[str, tuple[str, ...]] = {
    "payment volume": ("total payment volume", "payment volume", "processed volume"),
    "revenue": ("revenue", "revenues", "net revenue", "net revenues"),
    "take rate": ("take rate",),
    "loans outstanding": ("loans outstanding", "outstanding loans", "loan book"),
    "originations": ("originations", "loans originated", "new lending"),
    "annual percentage rate": ("annual percentage rate", "APR"),
    "delinquency rate": ("delinquency rate", "default rate", "charge-off rate"),
    "fraud rate": ("fraud rate", "fraud losses"),
    "active accounts": ("active accounts", "active customers", "active users"),
    "merchants": ("active merchants", "merchants"),
    "market share": ("market share",),
    "payment fees": ("payment fees", "fee revenue", "fees paid"),
}
SIZING = MarketRules(
    revenues=("payment fees", "revenue"),
    customers={"merchants": ("merchants", "businesses", "shops"), "customers": ("customers", "households", "accounts")},
)

PERSONAS: dict[str, tuple[str, ...]] = {
    "Household payer": ("households", "consumers", "families"),
    "Sender abroad": ("migrants", "senders", "remittance customers"),
    "Small merchant": ("merchants", "shop owners", "retailers", "small businesses"),
    "Freelancer": ("freelancers", "self-employed", "sole traders"),
    "Thin-file borrower": ("thin file", "no credit history", "first-time borrowers", "subprime"),
    "Compliance officer": ("compliance officer", "compliance officers"),
}

INSTRUMENTS: dict[str, str] = {
    **base.INSTRUMENTS,
    "Truth in Lending Act": "United States",
    "Electronic Fund Transfer Act": "United States",
    "Payment Services Directive": "European Union",
    "PSD2": "European Union",
    "Electronic Money Directive": "European Union",
    "Consumer Credit Directive": "European Union",
    "Consumer Credit Act": "United Kingdom",
    "Payment Services Regulations": "United Kingdom",
}

SECTIONS = canonical.sections(
    section(
        "regulation", "Licensing and financial crime",
        "Which licences, capital, safeguarding and anti-money-laundering duties apply.", regulatory=True,
    ),
    section(
        "consumer_protection", "Consumer credit and protection",
        "What law demands of disclosure, affordability, refunds, advertising and complaints.", regulatory=True,
    ),
    pricing=("Pricing and unit economics", "Fees, rates, losses and funding: how money is made and what it costs."),
)  # fmt: skip

TASKS = (
    task(
        "problem", "market_problem",
        "What do consumers and small businesses lack today that {products} would give them?",
        "+customers +lack", "+merchants +lack", "transfer +takes too long fee", "+borrowers refused credit history",
    ),
    task(
        "product", "definition",
        "What do {products} offer today, to whom and by which channels?",
        "{products} +offers customers", "+wallet +offers card account", "+loan +offers borrowers months",
        "+payment service +offers merchants", critical=True,
    ),
    task(
        "market-revenue", "market_size",
        "How large are payment volume, lending and revenue in {jurisdictions}, and in which period?",
        "{jurisdictions} +payment volume +million", "+payment volume +million", "+originations +million loans",
        "+revenue +million payments lending", critical=True,
    ),
    task(
        "market-users", "market_size",
        "How many people and businesses use such services, and what does each spend or borrow?",
        "+active accounts number", "+households percent used app", "+merchants accept percent",
        "+average customer fees year",
    ),
    task(
        "trends", "trends",
        "What is changing: instant payments, open banking, credit costs, law?",
        "instant payment +trend", "+open banking +trend", "+buy now pay later +trend", "+interest rates +trend",
    ),
    task(
        "customers", "personas",
        "Who uses and who pays, and what does each group value?",
        "+customers +segment percent", "+merchants +value", "+borrowers +value", "senders +value",
    ),
    task(
        "competition", "competitors",
        "Who competes for these customers, and on what grounds?",
        "+compete banks card issuers fintech", "+market share percent", "+rating average +reviews",
        "+competitors fees rates", critical=True,
    ),
    task(
        "competitor", "competitors",
        "What does {subject} offer, how large is it, and what does it charge?",
        "{subject} +offers", "{subject} +revenue", "{subject} +how much fee", "{subject} +customers accounts",
        "{subject} +rating reviews", per="competitor",
    ),
    task(
        "pricing", "pricing",
        "Which fees and rates are charged, and what do funding, fraud and losses cost?",
        "+fee percent payment transfer", "+annual percentage rate loan", "+interchange merchants percent",
        "+take rate volume", "+delinquency losses loans percent", critical=True,
    ),
    task(
        "licensing", "regulation",
        "Which licences, capital and safeguarding does the product need?",
        "+money transmitter license required", "institution +license +capital",
        "lender +license required fee", "+safeguarding customer funds", critical=True,
    ),
    task(
        "laundering", "regulation",
        "What do anti-money-laundering, sanctions and identification rules demand?",
        "+anti-money laundering program", "+know your customer identity", "+sanctions screening payments",
        "+report +suspicious transactions", critical=True,
    ),
    task(
        "jurisdiction", "regulation",
        "What does {subject} law demand of {products}: licence, capital, levy, authentication?",
        "{subject} +license payment lending", "{subject} +law payment services",
        "{subject} +strong customer authentication", "{subject} +levy fee percent", "{subject} +regulation",
        per="jurisdiction", critical=True,
    ),
    task(
        "credit-law", "consumer_protection",
        "What must lenders disclose and check, and how are costs and advertising limited?",
        "+annual percentage rate contract", "+creditworthiness borrower", "+borrower +withdraw days",
        "+consumer credit contract", "+advertising credit example", critical=True,
    ),
    task(
        "payer-protection", "consumer_protection",
        "What protects payers: refunds, liability, complaints, data?",
        "unauthorised +payment refund", "+complaints answered days", "+liability payer fraud",
        "+strong customer authentication",
    ),
    task(
        "security", "requirements",
        "What must the product do for security, availability and access?",
        "card data +encrypted", "customer data +encrypted", "+service +availability month", "+APIs access accounts",
        layer="requirements", depends_on=("licensing",),
    ),
    task(
        "voices", "voice_of_customer",
        "What do customers say of what they have today, and why do they choose an app or leave it?",
        "+customers +switched", "+chose because", "+customers +left account", "+reviews users +complain",
        "+survey percent customers",
    ),
    task(
        "channels", "go_to_market",
        "How are customers won and kept, through which channels and partners?",
        "+channels customers percent", "+partners banks merchants", "cost of +winning a customer",
    ),
    task(
        "risks", "risks",
        "What could make the product fail in this market?",
        "+risk fraud losses", "+risk funding bank partner", "+delinquency rise +risk",
    ),
    task(
        "metrics", "success_metrics",
        "Which measures steer this business, and what values do the sources report?",
        "+measures payments lending", "+active accounts retention", "+fraud rate payments", "+delinquency rate",
    ),
    *canonical.synthesis(
        market=("market-revenue", "market-users", "competition", "competitor", "pricing", "metrics"),
        people=("problem", "customers", "voices"),
        law=("licensing", "laundering", "jurisdiction", "credit-law", "payer-protection"),
        product=("product", "trends", "channels", "risks"),
    ),
)  # fmt: skip

_LAW = ("regulation", "consumer_protection")
RULES: tuple[Rule, ...] = (
    requirement(
        "licence", "Serve customers in {subject} only under the licence its law asks for, own or a partner's.",
        "license", "licence", "authorisation", "registration", sections=_LAW, per="jurisdiction",
        persona="Compliance officer", segment="All customers",
        problem="Holding money without a licence is unlawful.", scenario="A customer of a new place signs up.",
        acceptance="No account of a place without a licence on record can be opened in the test.",
    ),
    requirement(
        "identity", "Verify who a customer is before money is held, moved or lent, and keep the proof.",
        "know your customer", "identity", "due diligence", "anti-money laundering", sections=_LAW,
        persona="Compliance officer", segment="All customers",
        problem="Stolen identities open accounts.", scenario="A person signs up with papers of another.",
        acceptance="The forged papers of the test set open no account, and each refusal has a record.",
    ),
    requirement(
        "true-cost", "Show the whole cost of a payment or a loan, its yearly rate too, before it is agreed.",
        "annual percentage rate", "APR", "disclose", "cost is stated", "fees", persona="Thin-file borrower",
        segment="Borrowers", problem="Costs come to light late.", scenario="A borrower compares two plans.",
        acceptance="In the test, people name the full cost of the plan they chose.",
    ),
    requirement(
        "safeguarding", "Keep customers' money apart from the firm's own, and reconcile both every working day.",
        "safeguarded", "safeguarding", "segregated account", sections=_LAW, persona="Compliance officer",
        segment="All customers", problem="Customers lose when a firm fails.", scenario="The day's books are closed.",
        acceptance="The balances of the test month agree to the cent on each working day.",
    ),
    left_out("deposits", "Taking deposits as a bank.", "bank", "banks", reason="It needs the licence of a bank."),
    persona(
        "merchant", "Small merchant", "The small merchant wants money early and one view of all fees.",
        "merchants", "shop owners", "payouts", segment="Small businesses",
    ),
    risk(
        "funding", "A partner that holds or lends the money may end the contract and stop the product.",
        "funding bank", "partner bank", "partnership", "safeguarding bank", impact="high",
        mitigation="Contract with a second partner and rehearse the change.",
    ),
    risk(
        "losses", "Losses by fraud or unpaid loans may outgrow the fees.",
        "fraud", "losses", "delinquency", "charge-off", impact="high",
        mitigation="Set limits by customer and stop lending in a segment whose losses pass the plan.",
    ),
    *SHARED,
)  # fmt: skip
VERTICAL = Vertical(
    name="fintech",
    title="Payments and lending",
    sections=SECTIONS,
    tasks=TASKS,
    blocked_domains=base.HEARSAY,
    products=PRODUCTS,
    jurisdictions=base.PLACES,
    competitors=COMPETITORS,
    field=FIELD,
    glossary=GLOSSARY,
    metrics=METRICS,
    personas=PERSONAS,
    instruments=INSTRUMENTS,
    rules=RULES,
    sizing=SIZING,
)
