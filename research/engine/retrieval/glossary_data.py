"""What people ask for in filings, how statements print it, and on which kind of page: the data of `glossary`.

The line items are those of Regulation S-X and the us-gaap taxonomy; the ratios those of any textbook of analysis.
A block is one concept; its words are separated by commas. `on` is left out where it may stand anywhere.
"""

CONCEPTS = """
asked: capex, capital expenditure, capital expenditures, capital spending
printed: capital expenditures, purchases of property and equipment, additions to property plant and equipment
on: cash_flow

asked: free cash flow, FCF
printed: net cash provided by operating activities, capital expenditures, purchases of property and equipment
on: cash_flow

asked: operating cash flow, cash from operations, cash flow from operations, cash from operating activities, cash
    flow from operating activities
printed: net cash provided by operating activities
on: cash_flow

asked: financing activities, investing activities, operating activities
printed: net cash provided by used in
on: cash_flow

asked: PP&E, PPE, PPNE, fixed assets, property plant and equipment
printed: property plant and equipment net
on: balance_sheet

asked: fixed asset turnover
printed: property plant and equipment net, total revenue, net sales
on: balance_sheet, income_statement

asked: capital intensive, capital intensity
printed: property plant and equipment net, total assets, capital expenditures, operating revenues
on: balance_sheet, cash_flow, income_statement

asked: COGS, cost of goods sold, cost of sales, cost of revenue
printed: cost of sales, cost of goods sold, cost of revenue, cost of products sold
on: income_statement

asked: gross margin, gross profit, gross margins
printed: gross profit, cost of sales, net sales
on: income_statement, mdna

asked: D&A, depreciation and amortization, depreciation
printed: depreciation and amortization
on: cash_flow, income_statement

asked: EBITDA, EBITDAR
printed: EBITDA, operating income, depreciation and amortization
on: cash_flow, income_statement

asked: EBIT
printed: operating income, earnings before interest and taxes
on: income_statement

asked: operating income, operating profit, operating margin, operating margins
printed: operating income, income from operations, operating profit
on: income_statement

asked: pretax income, pre-tax income, income before taxes
printed: income before income taxes, earnings before income taxes
on: income_statement

asked: net income, net earnings, net profit, net loss, profit margin, net margin
printed: net income, net earnings, net income attributable to
on: income_statement

asked: revenue, revenues, net sales, total sales, sales growth, revenue growth, top line, topline
printed: total revenue, net sales, net revenues
on: income_statement

asked: EPS, earnings per share
printed: earnings per share, diluted, basic
on: income_statement

asked: SG&A
printed: selling general and administrative expenses
on: income_statement

asked: R&D, research and development expense
printed: research and development
on: income_statement

asked: effective tax rate, tax rate
printed: effective tax rate, provision for income taxes, income tax
on: income_statement, mdna, notes

asked: interest expense, interest coverage
printed: interest expense, operating income
on: income_statement

asked: working capital, current ratio, quick ratio, liquidity ratio, liquidity profile, acid test
printed: total current assets, total current liabilities
on: balance_sheet

asked: inventory turnover, inventory turns, sold its inventory, days inventory outstanding, DIO, days of inventory
printed: inventories, cost of sales, cost of goods sold
on: balance_sheet, income_statement

asked: days payable outstanding, DPO, payables turnover
printed: accounts payable, cost of sales, inventories
on: balance_sheet, income_statement

asked: days sales outstanding, DSO, receivables turnover
printed: accounts receivable, receivables net, net sales, revenue
on: balance_sheet, income_statement

asked: cash conversion cycle, CCC
printed: inventories, receivables, accounts payable, cost of sales, net sales
on: balance_sheet, income_statement

asked: ROA, return on assets, asset turnover
printed: net income, total assets
on: balance_sheet, income_statement

asked: ROE, return on equity
printed: net income, total stockholders equity, total shareholders equity
on: balance_sheet, income_statement

asked: accounts payable, payables
printed: accounts payable
on: balance_sheet

asked: accounts receivable, receivables, net AR
printed: accounts receivable net, trade receivables
on: balance_sheet

asked: inventory, inventories
printed: inventories, merchandise inventories
on: balance_sheet

asked: total assets, total liabilities, total current assets, total current liabilities, largest liability, largest
    asset
printed: total assets, total liabilities
on: balance_sheet

asked: cash balance, cash and cash equivalents, cash on hand
printed: cash and cash equivalents
on: balance_sheet, cash_flow

asked: debt, long-term debt, leverage, borrowings, indebtedness, debt to equity, gearing
printed: long-term debt, total debt, short-term debt
on: balance_sheet, notes

asked: goodwill, intangible assets
printed: goodwill, intangible assets net
on: balance_sheet

asked: shareholders equity, stockholders equity, retained earnings, book value
printed: total equity, retained earnings
on: balance_sheet, equity

asked: dividends paid, cash dividends, paid dividends, pay out in cash dividends
printed: dividends paid, cash dividends, payment of dividends
on: cash_flow

asked: retention ratio
printed: dividends paid, net income attributable to
on: cash_flow, income_statement

asked: dividend payout ratio, payout ratio
printed: dividends paid, net income attributable to
on: cash_flow, income_statement

asked: share repurchases, stock repurchases, buyback, buybacks, repurchased shares
printed: repurchases of common stock, treasury stock, share repurchase program
on: cash_flow, equity

asked: stock-based compensation, share-based compensation, SBC
printed: stock-based compensation, share-based compensation
on: cash_flow

asked: restructuring, restructuring costs
printed: restructuring, severance, employee costs
on: income_statement, notes

asked: region, regions, geography, geographies, geographic, segment, segments, business segment, segmental, product
    category, international sales
printed: segment, geographic, region
on: segment, mdna

asked: acquisition, acquisitions, acquired
printed: acquisitions, acquired, purchase consideration, purchase price
on: notes

asked: securities are registered, registered to trade, national securities exchange, stock exchange, ticker
printed: title of each class, name of each exchange on which registered, trading symbol
on: cover

asked: shares outstanding
printed: shares outstanding, aggregate market value
on: cover, balance_sheet

asked: derivative instruments, derivatives, hedging, notional
printed: notional amount, interest rate swaps, cross currency swaps, forward contracts
on: notes

asked: pension, retirees, retirement benefits, postretirement
printed: expected benefit payments, pension benefits, health care and life
on: notes

asked: guidance, outlook, forecast, expected to accelerate, expects
printed: guidance, outlook, expected, forecast

asked: non GAAP, non-GAAP, adjusted
printed: non-GAAP, reconciliation, adjusted

asked: litigation, legal battles, lawsuits, legal proceedings
printed: legal proceedings, litigation, plaintiffs
on: notes

asked: industry, business model, products and services, primarily operate
printed: overview, business, leading, provider, products, services

asked: headcount, employees, workforce
printed: employees, full-time, human capital

asked: drove, drivers, driven by, reason for, what caused
printed: due to, driven by, primarily, increase, decrease
on: mdna

asked: risk, risks, risk factors
printed: could adversely affect, risk factors
on: risk_factors

asked: regulation, regulatory, licence, license, licensing, regulator, compliance
printed: regulation, license, licensed, commission
on: regulation

asked: AML, KYC, money laundering
printed: anti-money laundering, know your customer, Bank Secrecy Act
on: regulation
"""
