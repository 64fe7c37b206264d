"""What can be checked of the chart without helm: that its copies are what the code says, and that dashboards and
alerts name what exists.

    chart_files.py ROOT WEIR
"""
import json
import pathlib
import re
import subprocess
import sys

import yaml

# Metrics of others that alerts may name.
FOREIGN = {"kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"}

failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def check_schema(chart, weir):
    """The keys of `config` are those of the binary."""
    wanted = json.loads(subprocess.run([weir, "config", "schema"], check=True, capture_output=True).stdout)
    values = json.loads((chart / "values.schema.json").read_text())
    update = "run tests/helm/update_schema"
    expect(values["properties"]["config"] == wanted, f"values.schema.json lags behind `weir config schema`: {update}")
    copy = json.loads((chart / "files/config-schema.json").read_text())
    expect(copy == wanted, f"files/config-schema.json lags behind `weir config schema`: {update}")
    return values


def strict(schema, path):
    """Every object whose members are named refuses others."""
    if "properties" in schema and path[-1:] != ("items",):
        expect(schema.get("additionalProperties") is False, f"values.schema.json: {'.'.join(path)} takes unknown keys")
    for name, part in schema.get("properties", {}).items():
        strict(part, path + (name,))


def check_values(chart, schema):
    """values.yaml has every value that the schema knows, each with a comment, and profiles fit the schema."""
    text = (chart / "values.yaml").read_text()
    values = yaml.safe_load(text)

    def compare(known, given, path):
        for name, part in known.get("properties", {}).items():
            if path + (name,) in {("config",), ("global",)}:
                continue
            there = isinstance(given, dict) and name in given
            expect(there, f"values.yaml lacks {'.'.join(path + (name,))}")
            if there and name not in {"requests", "limits"}:
                compare(part, given[name], path + (name,))
    schema_without_resources = json.loads(json.dumps(schema))
    for role in ("all", "ingest", "worker", "coordinator"):
        schema_without_resources["properties"][role]["properties"]["resources"] = {}
    compare(schema_without_resources, values, ())
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"^[a-z]\w*:", line):
            above = lines[number - 1] if number else ""
            first_below = lines[number + 1] if number + 1 < len(lines) else ""
            expect(above.startswith("#") or first_below.strip().startswith("#"),
                   f"values.yaml:{number + 1}: no comment for {line.split(':')[0]}")
    try:
        import jsonschema
    except ImportError:
        print("part skipped: no jsonschema for Python: profiles are not checked against the schema here")
        return
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    for file in [chart / "values.yaml"] + sorted((chart / "ci").glob("*.yaml")):
        for error in validator.iter_errors(yaml.safe_load(file.read_text())):
            expect(False, f"{file.name}: {error.json_path}: {error.message}")
    for wrong in ({"wrker": {}}, {"worker": {"replica": 3}}, {"config": {"shard": 8}}, {"config": {"shards": "8"}},
                  {"config": {"log": {"level": "loud"}}}, {"worker": {"replicas": 0}}, {"port": 80},
                  {"config": {"drain_timeout": 20}}, {"rules": {"files": {"a.json": ""}}},
                  {"ingest": {"podDisruptionBudget": {"maxUnavailable": 0}}}):
        expect(not validator.is_valid(wrong), f"the schema takes {wrong}")


def anchors(text):
    """Of a page's headings, as they are linked."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.+)$", text, re.M)}


def check_labels(expression, labels, where):
    """An expression uses labels that its metrics have; every scraped one has `instance`."""
    names = metric_names(expression)
    if names & FOREIGN:
        return
    known = {"instance"}.union(*(labels.get(name, set()) for name in names))
    for group in re.findall(r"\bby \(([^)]*)\)", expression) + re.findall(r"\{(\w+)=", expression):
        for label in re.split(r",\s*", group):
            expect(label in known, f"{where}: none of {sorted(names)} has a label {label}")


def metric_names(text):
    return set(re.findall(r"\b(?:weir|kubelet)_[a-z0-9_]+", text))


def check_metrics(root, chart):
    """Dashboards and alerts name metrics that exist; every alert has a runbook."""
    rules = [rule for group in yaml.safe_load((chart / "files/alerts.yaml").read_text())["groups"]
             for rule in group["rules"]]
    dashboard = json.loads((chart / "files/dashboard.json").read_text())
    for copy, original in (("alerts.yaml", "alerts/weir.yaml"), ("dashboard.json", "dashboards/weir.json")):
        expect((chart / "files" / copy).read_text() == (root / "deploy" / original).read_text(),
               f"helm/weir/files/{copy} and deploy/{original} differ: copy one over the other")
    used = set()
    for rule in rules:
        used |= metric_names(rule["expr"])
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            used |= metric_names(target["expr"])
    expect(len(used) > 20, "alerts and dashboard name hardly any metric")
    operations = (root / "docs/operations.md").read_text()
    for rule in rules:
        name = rule["alert"]
        expect(re.search(rf"^\| `{name}` \|", operations, re.M), f"docs/operations.md has no runbook line for {name}")
        expect(rule["labels"]["severity"] in {"critical", "warning", "info"}, f"{name}: severity")
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        expect(page == "docs/operations.md" and anchor in anchors(operations), f"{name}: no runbook {page}#{anchor}")
    for name in re.findall(r"^\| `(Weir\w+)` \|", operations, re.M):
        expect(name in {rule["alert"] for rule in rules}, f"docs/operations.md: there is no alert {name}")
    reference = root / "docs/metrics.md"
    if not reference.exists():
        print("part skipped: there is no docs/metrics.md: names of metrics are not checked")
        return
    labels = {name: set(re.findall(r"\w+", given)) for name, given in
              re.findall(r"^\| `(\w+)` \| \w+ \| ([^|]*) \|", reference.read_text(), re.M)}
    for rule in rules:
        check_labels(rule["expr"], labels, rule["alert"])
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            check_labels(target["expr"], labels, f"panel {panel['title']}")
    for name in sorted(used - metric_names(reference.read_text()) - FOREIGN):
        expect(False, f"alerts or dashboard name {name}, which docs/metrics.md does not have")


def check_compose(root):
    """Containers name each other, and are locked down as in the chart."""
    compose = yaml.safe_load((root / "deploy/compose.yaml").read_text())
    services = compose["services"]
    for name, service in services.items():
        for argument in service["command"]:
            host = re.match(r"--(?:address|ingest-address|cluster-metadata|cluster-advertise)=([^:]+):", argument)
            expect(host is None or host[1] in services, f"compose.yaml: {name} names {argument}")
        if name not in {"etcd", "selftest"}:
            expect(service["read_only"] and service["cap_drop"] == ["ALL"], f"compose.yaml: {name} is not locked down")
            expect(f"--cluster-advertise={name}:7431" in service["command"], f"compose.yaml: {name}: its name")
    for name in compose["volumes"]:
        expect(any(volume.startswith(name + ":") for service in services.values()
                   for volume in service.get("volumes", [])), f"compose.yaml: nobody uses the volume {name}")


def main():
    root, weir = pathlib.Path(sys.argv[1]), sys.argv[2]
    chart = root / "helm/weir"
    schema = check_schema(chart, weir)
    strict(schema, ())
    check_values(chart, schema)
    check_metrics(root, chart)
    check_compose(root)
    for failure in failures:
        print("FAILED:", failure)
    sys.exit(1 if failures else 0)


main()
