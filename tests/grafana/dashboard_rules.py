"""The rules for every dashboard of ours: those of grafana/dashboard-linter that fit, and our own.

findings(dashboard) gives one line for each violation.
"""

import itertools
import re

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SCOPE = ('job=~"$job"', 'instance=~"$instance"')
METRIC = re.compile(r"\b((?:gelombang|process|probe)_\w+|up)\b(\{[^}]*\})?")
# The value formats of Grafana that our numbers need.
UNITS = {"s", "bytes", "Bps", "percentunit", "reqps", "ops", "short", "none", "dateTimeAsIso"}
SUBSTITUTES = {"$__rate_interval": "5s", "$__interval": "1s", "$__range": "1m"}
# Runs follow each other on one instance, and their series differ only in gelombang_run_info. So each sample is joined
# with the run that was scraped with it. After a restart of Prometheus an ended run stays visible for minutes, so that
# two runs are known at once. Then the owner of a sample is unknown, and nothing is shown.
ANY_RUN = 'gelombang_run_info{job=~"$job",instance=~"$instance"}'
RUN = ANY_RUN[:-1] + ',run_id=~"$run_id"}'
JOINED = "on (instance) group_left (run_id) ({run} unless on (instance) (count by (instance) ({any}) > 1))"
NOW = JOINED.format(run=RUN, any=ANY_RUN)
# A rate looks back: its whole window must be free of other runs.
WINDOW = JOINED.format(run=f"last_over_time({RUN}[$__rate_interval])", any=f"last_over_time({ANY_RUN}[$__rate_interval])")


def panels(dashboard):
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels", [])


def substituted(expression, values=None):
    """The expression as Grafana sends it. Every variable is 'All' unless `values` sets it."""
    for name, value in {**SUBSTITUTES, **(values or {})}.items():
        expression = expression.replace(name, value)
    return re.sub(r"\$\{?[a-z]\w*\}?", ".+", expression)


def all_values(dashboard):
    """The value of 'All' for each variable."""
    variables = dashboard["templating"]["list"]
    return {"$" + v["name"]: v["allValue"] for v in variables if v.get("allValue")}


def expressions(dashboard):
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            once = " at once" if target.get("instant") else ""
            yield f"panel '{panel.get('title')}' {target.get('refId')}{once}", target["expr"]
    for annotation in dashboard.get("annotations", {}).get("list", []):
        yield f"annotation '{annotation['name']}'", annotation["expr"]


def check_dashboard(dashboard):
    if not re.fullmatch(r"gelombang-[a-z-]{3,30}", dashboard.get("uid", "")):
        yield "uid: must be fixed and begin with gelombang-"
    if dashboard.get("id") is not None:
        yield "id: must be absent, it belongs to a server"
    if dashboard.get("editable") is not False:
        yield "editable: must be false, changes are made in the file"
    if not dashboard.get("title") or not dashboard.get("description"):
        yield "title and description are needed"


def check_variables(dashboard):
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    sources = [v["name"] for v in variables.values() if v["type"] == "datasource"]
    if sources != ["datasource"]:
        yield "variables: exactly one data source variable, named 'datasource'"
    elif variables["datasource"].get("query") != "prometheus" or variables["datasource"]["label"] != "Data source":
        yield "variable datasource: must choose a prometheus and be labelled 'Data source'"
    for name in {"job", "instance", "run_id"} - set(variables):
        yield f"variables: {name} is missing"
    for name, variable in variables.items():
        if variable["type"] != "query":
            continue
        if not variable.get("label"):
            yield f"variable {name}: has no label"
        if variable.get("datasource") != DATASOURCE:
            yield f"variable {name}: must use ${{datasource}}"
        if not variable.get("multi") or not variable.get("includeAll"):
            yield f"variable {name}: must allow several values and all"
        if name in ("job", "instance") and variable.get("allValue") != ".+":
            yield f"variable {name}: allValue must be .+"
        if variable.get("refresh") != 2:
            yield f"variable {name}: must be read again when the time range changes (refresh 2)"
        query = variable["query"]["query"]
        if variable.get("definition") != query:
            yield f"variable {name}: definition and query differ"
        if not re.fullmatch(r"label_values\(.+, \w+\)", query):
            yield f"variable {name}: must be label_values(series, label)"


def check_panels(dashboard):
    seen = set()
    for panel in itertools.chain(dashboard["panels"], *(row.get("panels", []) for row in dashboard["panels"])):
        if panel["id"] in seen:
            yield f"panel {panel['id']}: the id is taken"
        seen.add(panel["id"])
    for panel in panels(dashboard):
        name = f"panel {panel['id']} '{panel.get('title', '')}'"
        if not panel.get("title") or not panel.get("description"):
            yield f"{name}: title and description are needed"
        if panel.get("datasource") != DATASOURCE:
            yield f"{name}: must use ${{datasource}}"
        if panel.get("fieldConfig", {}).get("defaults", {}).get("unit") not in UNITS:
            yield f"{name}: has no unit, or one that is not in the list"
        targets = panel.get("targets", [])
        if not targets:
            yield f"{name}: has no target"
        if len({target.get("refId") for target in targets}) != len(targets):
            yield f"{name}: two targets have one refId"
        if not all(target.get("legendFormat") for target in targets):
            yield f"{name}: a target has no legend"
        if "in this range" not in panel.get("fieldConfig", {}).get("defaults", {}).get("noValue", ""):
            yield f"{name}: does not say what it means that there is nothing in this range"


def check_grid(dashboard):
    yield from overlaps(dashboard["panels"])
    for row in dashboard["panels"]:
        yield from overlaps(row.get("panels", []))


def overlaps(panels_of_one_level):
    cells = {}
    for panel in panels_of_one_level:
        grid = panel["gridPos"]
        if grid["x"] < 0 or grid["w"] < 1 or grid["x"] + grid["w"] > 24:
            yield f"panel {panel['id']}: outside of the 24 columns"
        for cell in itertools.product(range(grid["x"], grid["x"] + grid["w"]), range(grid["y"], grid["y"] + grid["h"])):
            if cells.setdefault(cell, panel["id"]) != panel["id"]:
                yield f"panel {panel['id']}: overlaps panel {cells[cell]}"
                break


def check_queries(dashboard):
    known = {variable["name"] for variable in dashboard["templating"]["list"]}
    for where, expression in expressions(dashboard):
        for name in re.findall(r"\$\{?([A-Za-z_]\w*)", expression):
            if name not in known and "$" + name not in SUBSTITUTES:
                yield f"{where}: there is no variable {name}"
        if "vector(" in expression:
            yield f"{where}: vector() is there without a run"
        for match in METRIC.finditer(expression):
            metric, selector = match.group(1), match.group(2) or ""
            if not all(scope in selector for scope in SCOPE):
                yield f"{where}: {metric} is not limited to the chosen job and instance"
            if metric != "gelombang_run_info":
                yield from check_joined(where, metric, expression[: match.start()], expression[match.end() :])
        if re.search(r"avg\s*(by\s*\([^)]*\)\s*)?\(\s*histogram_quantile", expression):
            yield f"{where}: the mean of percentiles means nothing"


def check_joined(where, metric, before, after):
    """An instant query keeps its value after the run. Other queries are a rate of a counter, or a plain gauge."""
    counts = metric.endswith(("_total", "_bucket", "_sum", "_count"))
    if where.endswith("at once"):
        if not before.endswith("last_over_time((") or not after.startswith(f" * {NOW})[$__range:2s])"):
            yield f"{where}: {metric} must be the last one of the run: last_over_time((... * {NOW})[$__range:2s])"
    elif counts:
        if not re.search(r"\b(rate|irate|increase)\($", before) or not after.startswith(f"[$__rate_interval]) * {WINDOW}"):
            yield f"{where}: the counter {metric} must be rate(...[$__rate_interval]) * {WINDOW}"
    elif not after.startswith(f" * {NOW}"):
        yield f"{where}: {metric} is not joined with the run: * {NOW}"
    if metric.endswith("_bucket") and "histogram_quantile" not in before:
        yield f"{where}: {metric} outside of histogram_quantile"


RULES = (check_dashboard, check_variables, check_panels, check_grid, check_queries)


def findings(dashboard):
    return [finding for rule in RULES for finding in rule(dashboard)]
