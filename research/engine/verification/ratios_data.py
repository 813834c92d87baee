"""Line items as they are asked for and printed, and the ratios of analysis: data for `expected`.

Items: the name, how it is asked for, how statements print it, the best first (Regulation S-X and the us-gaap
taxonomy). Ratios: how they are asked for and their formula over items, other usual formulas after a bar (any
textbook of financial statement analysis: Penman; Subramanyam; the CFA Institute's curriculum). `avg(x)` is the mean
of this year's and last year's x, `chg(x)` this year's less last year's.
"""

ITEMS = """
revenue: total revenue, total revenues, net revenue, net revenues, total net revenue, revenues, revenue, net sales,
        sales, topline, top line
    = total revenues, total revenue, total net revenues, total net revenue, total net sales, revenues, revenue, net
        revenues, net revenue, net operating revenues, operating revenues, net sales, sales to customers, sales,
        total operating revenues, net revenues total, total revenues net of interest expense
cogs: cost of goods sold, cogs, cost of sales, cost of revenue, cost of revenues
    = total cost of sales, total cost of revenue, total cost of revenues, total cost of goods sold, cost of sales,
        cost of goods sold, cost of revenue, cost of revenues, cost of products sold, total costs of revenues
gross profit: gross profit
    = gross profit, total gross profit, gross margin
operating income: operating income, operating profit, income from operations, ebit
    = operating income, operating income loss, income from operations, operating profit, income loss from
        operations, total operating income, earnings from operations, operating earnings
net income: net income attributable to shareholders, net income attributable, net income, net earnings, net profit,
        earnings
    = net income attributable to, net income loss attributable to, net loss attributable to, consolidated net income
        attributable to, net earnings attributable to, net earnings loss attributable to, net income, net earnings,
        net income loss, net loss, net earnings loss
total assets: total assets
    = total assets
current assets: total current assets, current assets
    = total current assets
current liabilities: total current liabilities, current liabilities
    = total current liabilities
total liabilities: total liabilities
    = total liabilities
equity: shareholders equity, stockholders equity, shareowners equity, total equity, equity
    = total stockholders equity, total shareholders equity, total shareowners equity, total equity, stockholders
        equity, shareholders equity
inventory: inventory, inventories
    = inventories, inventory, inventories net, inventory net, merchandise inventories, total inventories,
        merchandise inventories net
receivables: accounts receivable, net ar, receivables, trade receivables, ar
    = accounts receivable net, accounts receivable, trade receivables net, receivables net, receivables, trade
        receivables, accounts and other receivables, trade accounts receivable net, accounts receivable trade
payables: accounts payable, trade payables, payables
    = accounts payable, trade payables, accounts payable trade, trade accounts payable
cash: cash and cash equivalents, cash & cash equivalents, cash
    = cash and cash equivalents
securities: marketable securities, short term investments
    = short term investments, marketable securities, short term marketable securities, marketable securities current
ppe: property plant and equipment, pp&e, ppe, ppne, fixed assets, net property
    = property plant and equipment net, property and equipment net, net property plant and equipment, net property
        and equipment, property plant equipment net, net land buildings and equipment, total property plant and
        equipment net, land buildings and equipment
da: depreciation and amortization, d&a, depreciation & amortization
    = depreciation and amortization, depreciation amortization and other, depreciation and amortization of property
        and equipment, depreciation amortization, amortization and depreciation
capex: capital expenditures, capital expenditure, capex, capital spending
    = capital expenditures, purchases of property plant and equipment, purchases of property and equipment, purchase
        of property plant and equipment, purchase of property and equipment, payments for property and equipment,
        payments for property plant and equipment, additions to property and equipment, additions to property plant
        and equipment, purchases of land buildings and equipment, payments to acquire property
cfo: operating cash flow, cash from operations, cash flow from operations, cash from operating activities, cash flow
        from operating activities, operating activities
    = net cash provided by operating activities, net cash from operating activities, net cash provided by used in
        operating activities, net cash used in provided by operating activities, net cash used in operating
        activities, net cash provided by used for operating activities, net cash flows from operating activities,
        net cash flow from operating activities, cash flows from operations, net cash provided by operations, total
        cash provided by operating activities
dividends: total cash dividends paid, cash dividends, dividends paid, dividends, dividend
    = dividends paid, cash dividends paid, dividends, payment of dividends, payments of dividends, payment of cash
        dividends, common stock dividends, dividends paid to
taxes: income taxes, income tax expense, provision for income taxes
    = provision for income taxes, income tax expense, income taxes, provision for taxes on income, income tax
        provision, provision benefit for income taxes, provision for taxes, income tax benefit, income tax expense
        benefit, benefit from provision for income taxes
pretax income: pretax income, income before income taxes, income before income tax, income before taxes, income
        before income tax expense, earnings before taxes
    = income before income taxes, income before provision for income taxes, earnings before income taxes, income
        before taxes, earnings before provision for income taxes, income loss before income taxes, earnings before
        provision for taxes, earnings before tax, pretax income, income from continuing operations before
interest expense: interest expense
    = interest expense, interest expense net, interest and debt expense, total interest expense
sga: sg&a, sga, selling general and administrative
    = selling general and administrative, operating selling general and administrative, selling general &
        administrative
rd: r&d, research and development
    = research and development
"""

RATIOS = """
gross margin, gross profit margin, gross margins = gross profit / revenue | (revenue - cogs) / revenue
operating margin, operating income margin, operating profit margin, operating margins, operating income % margin =
        operating income / revenue
net profit margin, net margin, net income margin, net income % margin, net earnings as a percent of sales = net
        income / revenue
cogs % margin, cogs margin = cogs / revenue
d&a % margin, depreciation and amortization % margin, depreciation and amortization margin = da / revenue
ebitda % margin, ebitda margin = (operating income + da) / revenue
ebitda less capital expenditures, ebitda less capex = operating income + da - capex
ebitda = operating income + da
capital expenditure as a % of revenue, capex as a % of revenue, capital expenditures as a % of revenue, capex to
        revenue, capex % of revenue, capital expenditure as a percent of revenue, capital expenditures as a percent
        of revenue = capex / revenue
sg&a as a % of revenue, sg&a expense as a percent of revenue = sga / revenue
r&d as a % of revenue, r&d expense as a percent of revenue = rd / revenue
effective tax rate, effective income tax rate = taxes / pretax income
working capital ratio, current ratio = current assets / current liabilities
working capital, net working capital = current assets - current liabilities
quick ratio, acid test = (cash + securities + receivables) / current liabilities | (cash + receivables) / current
        liabilities | (current assets - inventory) / current liabilities
cash ratio = cash / current liabilities | (cash + securities) / current liabilities
operating cash flow ratio, cash from operations ratio = cfo / current liabilities
inventory turnover = cogs / avg(inventory) | cogs / inventory
fixed asset turnover = revenue / avg(ppe) | revenue / ppe
total asset turnover, asset turnover = revenue / avg(total assets) | revenue / total assets
return on assets, roa = net income / avg(total assets) | net income / total assets
return on equity, roe = net income / avg(equity) | net income / equity
days payable outstanding, dpo = 365 * avg(payables) / (cogs + chg(inventory)) | 365 * avg(payables) / cogs | 365 *
        payables / cogs
days sales outstanding, dso = 365 * avg(receivables) / revenue | 365 * receivables / revenue
days inventory outstanding, dio = 365 * avg(inventory) / cogs | 365 * inventory / cogs
cash conversion cycle, ccc = 365 * avg(inventory) / cogs + 365 * avg(receivables) / revenue - 365 * avg(payables) /
        (cogs + chg(inventory)) | 365 * inventory / cogs + 365 * receivables / revenue - 365 * payables / cogs
dividend payout ratio, payout ratio = dividends / net income
retention ratio = 1 - dividends / net income
free cash flow, fcf = cfo - capex
free cash flow conversion, fcf conversion = (cfo - capex) / net income
interest coverage = operating income / interest expense
debt to assets = total liabilities / total assets
"""
