"""What follows for software by subscription from what sources say: requirements, personas, risks, what is left out."""

from __future__ import annotations

from research.engine.domain.vertical import Rule

from .rules import SHARED, assumption, left_out, persona, requirement, risk

_LAW = ("data_protection",)
_ASKED = ("market_problem", "personas", "requirements", "voice_of_customer", "competitors", "trends", "definition")

PERSONAS: dict[str, tuple[str, ...]] = {
    "IT administrator": ("IT professionals", "IT department", "administrators", "administrator", "IT managers"),
    "Developer": ("developers", "developer"),
    "Creative professional": ("creative professionals", "designers", "photographers", "creators", "marketers"),
    "Knowledge worker": ("knowledge workers", "information workers", "employees", "office workers", "lawyers"),
    "Small business owner": ("small businesses", "small and medium", "small firms", "freelancers"),
    "Enterprise buyer": ("enterprise customers", "enterprises", "large organizations", "procurement", "buyers"),
    "Student or teacher": ("students", "educators", "teachers", "education"),
    "Consumer": ("consumers", "individuals", "home users"),
}

RULES: tuple[Rule, ...] = (
    requirement(
        "rights",
        "Let customers answer persons who ask for their data or its deletion, within the law's time.",
        "delete", "deletion", "access request", "right to access", "rights of", "data subject", "data subjects",
        sections=_LAW, persona="Data protection officer", segment="All customers",
        problem="Persons have rights over data that is spread over systems.",
        scenario="A person asks what is held and wants it deleted.",
        acceptance="In the test, everything planted of one person is found, given out and deleted, with a record.",
    ),
    requirement(
        "consent",
        "Record for what purpose and on what ground personal data is processed, and use it for nothing else.",
        "consent", "lawful basis", "purpose", "train models", "opt out", "opt-out",
        sections=(*_LAW, "requirements"), persona="Data protection officer", segment="All customers",
        problem="Use of data beyond its purpose is unlawful.",
        scenario="A new feature wants to use customers' documents.",
        acceptance="No test document reaches a use for which no ground is on record.",
    ),
    requirement(
        "residency",
        "Store and process the data of customers in {subject} where its law and their contracts demand.",
        "stored", "data residency", "localization", "transfer", "transfers", "data centers", "storage",
        sections=_LAW, per="jurisdiction", persona="IT administrator", segment="Regulated customers",
        problem="Data that leaves the place may break law or contract.",
        scenario="A customer chooses where data is kept.",
        acceptance="No copy of a test customer's data is found outside the place chosen.",
    ),
    requirement(
        "privacy-law",
        "Meet the privacy law of {subject} for the personal data the product holds, and be able to prove it.",
        "GDPR", "CCPA", "privacy law", "privacy laws", "data protection law", "personal data", "personal information",
        sections=_LAW, per="jurisdiction", persona="Data protection officer", segment="All customers",
        problem="Customers answer for what their suppliers do with personal data.",
        scenario="A customer's auditor asks for proof.",
        acceptance="Each duty of the law has a test and a record that the auditor can read.",
    ),
    requirement(
        "breach-notice",
        "Notice a breach of personal data and report it to customers and authority as law demands.",
        "breach", "breaches", "security incident",
        also=("report", "reported", "notify", "notified", "notification", "notice"),
        persona="Security officer", segment="All customers",
        problem="Customers have little time to report and learn of it last.",
        scenario="Data of a customer is seen outside.",
        acceptance="A rehearsal produces notices to all customers touched, complete and in time.",
    ),
    requirement(
        "processing-agreement",
        "Offer an agreement on processing that names every sub-processor, and give notice before one is added.",
        "sub-processors", "subprocessors", "processing agreement", "processor", "processors", "vendor agreement",
        persona="Data protection officer", segment="Regulated customers",
        problem="Customers must know who handles their data.",
        scenario="A new sub-processor is taken on.",
        acceptance="No sub-processor of the inventory is missing from the published list.",
    ),
    requirement(
        "encryption", "Encrypt customer data, stored and sent, with keys that each customer can have changed.",
        "encrypted", "encryption", persona="Security officer", segment="All customers",
        problem="Data in the cloud draws attacks.", scenario="A copy of a disk is stolen.",
        acceptance="An outside test reads nothing from the stolen copy.",
    ),
    requirement(
        "access-control", "Let administrators say who may see and do what, with single sign-on and a second factor.",
        "access control", "single sign-on", "multi-factor", "two-factor", "identity", "permissions",
        sections=_ASKED, persona="IT administrator", segment="Enterprises",
        problem="Accounts of people who left stay open.", scenario="An employee leaves.",
        acceptance="The leaver of the test is out of every part of the product at once.",
    ),
    requirement(
        "audit-log", "Keep a log of who saw and changed what, that customers can read and nobody can change.",
        "audit log", "audit logs", "logged", "audit trail", "logs",
        persona="Auditor", segment="Regulated customers",
        problem="Without a log nobody can say who saw a document.", scenario="A customer looks into an incident.",
        acceptance="Each action of the test script stands in the log, and a changed entry is noticed.",
    ),
    requirement(
        "certificate", "Hold the security certificates customers ask for, renewed by an independent assessor.",
        "certificate", "certification", "certified", "ISO", "SOC", "independent assessor",
        persona="Enterprise buyer", segment="Enterprises",
        problem="Buyers send long questionnaires before they sign.", scenario="A buyer asks for proof of controls.",
        acceptance="The newest report is given out the same day, without a finding left open.",
    ),
    requirement(
        "availability", "State how available the service is, measure it in public, and pay back what is missed.",
        "availability", "uptime", "outage", "outages", "interruption", "interruptions", "disruption", "disruptions",
        persona="IT administrator", segment="All customers",
        problem="An outage stops the customers' own work.", scenario="A data center fails.",
        acceptance="In a rehearsal, the service goes on from another place and the page of status says so.",
    ),
    requirement(
        "integration", "Work inside the systems customers already have, by documented interfaces.",
        "integration", "integrations", "integrate", "integrates", "APIs", "API", "interoperability",
        "third-party applications",
        persona="IT administrator", segment="Enterprises",
        problem="A tool that stands alone makes work by hand.", scenario="A document is sent on from another system.",
        acceptance="The listed systems pass data both ways in the test without work by hand.",
    ),
    requirement(
        "by-hand", "Do without hands the steps the sources call manual, and show how much time it saves.",
        "manual", "by hand", "paper", "error-prone", "inefficient", "hours",
        sections=("market_problem", "requirements", "voice_of_customer", "personas"),
        persona="Knowledge worker", segment="All customers",
        problem="Work by hand takes hours and makes mistakes.", scenario="A daily task is done from start to end.",
        acceptance="The measured time of the test task falls against the way of today.",
    ),
    requirement(
        "speed", "Answer fast enough that users do not wait, with large documents too.",
        "slow", "too slow", "wait", "crash", "crashes", "performance", sections=_ASKED,
        persona="Knowledge worker", segment="All customers",
        problem="Users say that what they have is slow.", scenario="A large file is opened.",
        acceptance="The times of the test files are measured at each release and do not rise.",
    ),
    requirement(
        "assistant", "Offer help by artificial intelligence that shows its sources and can be switched off.",
        "artificial intelligence", "generative AI", "AI", "machine learning", sections=_ASKED,
        persona="Knowledge worker", segment="All customers",
        problem="Users expect it, and firms must control it.", scenario="A user asks about a document.",
        acceptance="Each answer of the test leads to its passages, and the administrator's switch holds everywhere.",
    ),
    requirement(
        "clear-price", "Show what a plan costs, for how long, and how it is left, before it is bought.",
        "hidden", "cancel", "cancellation", "price increase", "expensive", "auto-renew", "unclear",
        sections=(*_ASKED, "pricing"), persona="Small business owner", segment="Small firms",
        problem="Customers feel held by terms they did not see.", scenario="A customer leaves a plan.",
        acceptance="In the test, people name the full price and leave the plan without help.",
    ),
    requirement(
        "devices", "Work alike on the devices and systems customers use, with and without a network.",
        "mobile", "devices", "operating systems", "browser", "offline", "hybrid work", "remote", sections=_ASKED,
        persona="Knowledge worker", segment="All customers",
        problem="Work goes on in many places.", scenario="Work begun at a desk goes on under way.",
        acceptance="The test task is finished on each listed device with the same result.",
    ),
    left_out(
        "training", "Training models on customers' documents.", "train models", "training models", "train AI",
        reason="Customers and law object to it, and the product does not need it.",
    ),
    left_out(
        "on-premises", "An edition that runs on customers' own machines.",
        "on-premises", "on-premise", "perpetual license", "perpetual licenses",
        reason="The market moves to the cloud, and a second edition doubles the work of each release.",
    ),
    left_out(
        "hardware", "Devices and hardware.", "hardware", "devices business", "Xbox", "Surface",
        reason="Another market with another business model.",
    ),
    left_out(
        "advice", "Advice by people, and work made to measure for one customer.",
        "professional services", "consulting", "legal advice", "custom development", "lawyers", "consultants",
        reason="It does not scale with subscriptions, and customers have those who give it.",
    ),
    left_out(
        "replacing", "Replacing the systems customers already have.",
        "integration", "integrations", "integrates", "works inside", "APIs", "third-party applications",
        reason="The product works inside them: customers ask for a connection, not for a change.",
    ),
    persona(
        "protection-officer", "Data protection officer",
        "The customer's data protection officer decides whether the product may hold such data, and wants proof.",
        "GDPR", "CCPA", "privacy law", "privacy laws", "data protection", "personal data",
        segment="Regulated customers",
    ),
    persona(
        "administrator", "IT administrator",
        "The IT administrator brings the product in, controls access, and answers when it fails.",
        "IT professionals", "IT department", "administrators", "single sign-on", "deployment", segment="Enterprises",
    ),
    persona(
        "worker", "Knowledge worker",
        "Knowledge workers use the product all day and judge it by the time it saves them.",
        "hours", "productivity", "manual", "knowledge workers", "information workers", "lawyers",
        segment="All customers",
        sections=("market_problem", "personas", "voice_of_customer"),
    ),
    persona(
        "buyer", "Enterprise buyer",
        "Who buys for an enterprise is not who uses it: terms, proof and price decide.",
        "enterprise customers", "enterprise agreements", "volume licensing", "buyers", "procurement", "signs",
        "decides",
        segment="Enterprises",
    ),
    risk(
        "renewal", "Customers may not renew when a cheaper or bundled product does enough.",
        "renew", "renewal", "renewals", "churn", "bundled", "bundle", impact="high",
        mitigation="Measure use by account, and reach those whose use falls before the renewal is due.",
    ),
    risk(
        "privacy-fines", "A breach of the privacy law of {subject} would bring fines and the loss of customers.",
        "GDPR", "CCPA", "privacy", "personal data", "personal information", sections=_LAW, per="jurisdiction",
        impact="high",
        mitigation="Build the duties in, prove them by tests, and keep data no longer than needed.",
    ),
    risk(
        "outage", "A long outage would make customers claim money back and look elsewhere.",
        "outage", "outages", "interruption", "interruptions", "data center", "data centers", "availability",
        impact="high",
        mitigation="Run in two places, and rehearse the change from one to the other.",
    ),
    risk(
        "ai-shift", "Artificial intelligence may make features free elsewhere that the product charges for.",
        "artificial intelligence", "generative AI", "AI", impact="medium",
        mitigation="Charge for the outcome and the proof rather than for the feature.",
    ),
    assumption(
        "trial-converts", "Enough of those who try the product go on to pay.",
        "free trial", "trial", "freemium", "free version", impact="medium", owner="Marketing",
        test="Count who pays a month after the trial, by channel.",
    ),
    assumption(
        "integrations-open", "The systems customers have stay open to the product.",
        "APIs", "API", "integration", "integrations", "integrates", "third-party applications", impact="medium",
        owner="Engineering", test="Read the terms of each interface, and have a way around each that may close.",
    ),
    *SHARED,
)  # fmt: skip
