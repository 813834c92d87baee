"""The words of software by subscription: how its products, rivals and measures are written, and what means the same."""

from __future__ import annotations

from research.engine.domain.market_rules import MarketRules

from . import base

# Words that seldom stand in documents about another trade.
FIELD = base.listed("""
software, SaaS, cloud, subscription, API, artificial intelligence, AI, machine learning, data protection, GDPR,
data processing, encryption, single sign-on, audit log, recurring revenue, customer data, data residency,
productivity, workflow, IT professional, IT department, on-premises, document management, CRM, ERP, analytics,
developer, browser, free trial, per user, churn, net retention, open source, plug-in
""")

PRODUCTS: dict[str, tuple[str, ...]] = {
    "document management": ("document management", "PDF", "e-signature", "electronic signature", "Document Cloud"),
    "creative software": ("creative software", "design software", "design tool", "design tools", "Creative Cloud"),
    "productivity software": ("productivity software", "productivity suite", "office suite", "Office 365"),
    "collaboration software": ("collaboration software", "collaboration", "team chat", "video meetings"),
    "cloud services": ("cloud services", "cloud platform", "cloud infrastructure", "Azure"),
    "CRM": ("CRM", "customer relationship management"),
    "digital marketing": ("digital marketing", "marketing automation", "customer experience management"),
    "analytics": ("analytics", "business intelligence"),
    "security software": ("security software", "cybersecurity", "identity management"),
    "developer tools": ("developer tools", "developer platform", "low-code"),
    "artificial intelligence": ("artificial intelligence", "generative AI", "AI assistant", "AI"),
    "ERP": ("ERP", "enterprise resource planning"),
}

COMPETITORS: dict[str, tuple[str, ...]] = {
    "Microsoft": ("Microsoft",),
    "Adobe": ("Adobe",),
    "Google": ("Google", "Alphabet"),
    "Amazon": ("Amazon Web Services", "Amazon", "AWS"),
    "Salesforce": ("Salesforce", "salesforce.com"),
    "Oracle": ("Oracle",),
    "SAP": ("SAP",),
    "IBM": ("IBM",),
    "Apple": ("Apple",),
    "DocuSign": ("DocuSign", "Docusign"),
    "Canva": ("Canva",),
    "Figma": ("Figma",),
    "Slack": ("Slack",),
    "Zoom": ("Zoom",),
    "Dropbox": ("Dropbox",),
    "Box": ("Box, Inc.", "Box Inc"),
    "Atlassian": ("Atlassian",),
    "ServiceNow": ("ServiceNow",),
    "Workday": ("Workday",),
    "HubSpot": ("HubSpot",),
    "Okta": ("Okta",),
    "Cisco": ("Cisco",),
}

GLOSSARY: dict[str, tuple[str, ...]] = {
    **base.CONCEPTS,
    "annualized recurring revenue": ("ARR", "annual recurring revenue", "recurring revenue"),
    "artificial intelligence": ("AI", "machine learning", "generative AI"),
    "subscription": ("SaaS", "subscriptions"),
    "addressable market": ("total addressable market", "TAM", "market opportunity"),
    "GDPR": ("General Data Protection Regulation",),
    "CCPA": ("California Consumer Privacy Act",),
    "personal data": ("personal information", "personally identifiable information"),
    "resellers": ("distributors", "channel partners", "licensing solution partners"),
    "small medium businesses": ("SMB", "small and medium businesses", "small and medium-sized businesses"),
    "=customers": base.listed(
        "=customer, =firms, =clients, =users, =organizations, =businesses, =companies, =lawyers, =teams, =buyers"
    ),
    "market share": ("percent of new contracts", "share of the market"),
    "processing": ("processor", "sub-processors", "processing agreement"),
    "data residency": ("stored in", "storage in", "data centers in", "outside the European Union"),
    "confidentiality": ("professional secrecy", "client information", "client documents", "client data"),
    "availability": ("uptime", "available for"),
    "integration": ("integrate", "integrates", "works inside", "connection to", "interoperability"),
    "=per user": ("=per seat", "=per month", "=a month", "=per employee"),
    "gross margin": ("margins",),
}

METRICS: dict[str, tuple[str, ...]] = {
    "revenue": ("revenue", "revenues", "total revenue", "net sales"),
    "cloud revenue": ("Microsoft Cloud revenue", "total cloud revenue"),
    "subscription revenue": ("subscription revenue",),
    "annualized recurring revenue": ("annualized recurring revenue", "annual recurring revenue", "ARR"),
    "remaining performance obligation": ("remaining performance obligation", "remaining performance obligations"),
    "gross margin": ("gross margin",),
    "gross margin percentage": ("gross margin percentage",),
    "operating income": ("operating income",),
    "net income": ("net income",),
    "research and development expense": ("research and development expenses", "research and development expense"),
    "sales and marketing expense": ("sales and marketing expenses", "sales and marketing expense"),
    "subscribers": ("subscribers", "paid subscribers", "consumer subscribers"),
    "users": ("monthly active users", "active users", "users"),
    "employees": ("employees",),
    "retention": ("retention rate", "renewal rate"),
    "churn": ("churn",),
    "market share": ("market share",),
    "addressable market": ("total addressable market", "addressable market"),
}

SIZING = MarketRules(
    revenues=("addressable market",),
    customers={
        "firms": ("firms", "companies", "organizations", "businesses", "customers"),
        "users": ("users", "subscribers", "seats", "developers"),
    },
)
