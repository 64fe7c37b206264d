"""Checks rendered objects against each other and against Weir itself.

    helm template ... | rendered.py WEIR
"""
import os
import re
import subprocess
import sys
import tempfile

import yaml

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)([a-z]+)", text).groups()
    return int(number) * UNITS[unit]


def selects(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


class Rendered:
    def __init__(self, documents):
        self.objects = documents
        self.workloads = self.of("Deployment") + self.of("StatefulSet")
        self.pods = [(work["metadata"]["name"], work["spec"]["template"]) for work in self.workloads]
        # What asks the cluster once: `helm test`, the Job that applies rules.
        self.clients = [(pod["metadata"]["name"], pod) for pod in self.of("Pod")]
        self.clients += [(job["metadata"]["name"], job["spec"]["template"]) for job in self.of("Job")]
        config = next(item for item in self.of("ConfigMap") if item["metadata"]["name"].endswith("-config"))
        self.config_text = config["data"]["weir.yaml"]
        self.config = yaml.safe_load(self.config_text)

    def of(self, kind):
        return [item for item in self.objects if item["kind"] == kind]

    def names(self, kind):
        return {item["metadata"]["name"] for item in self.of(kind)}

    def min_replicas(self, work):
        for scaler in self.of("HorizontalPodAutoscaler"):
            target = scaler["spec"]["scaleTargetRef"]
            if (target["kind"], target["name"]) == (work["kind"], work["metadata"]["name"]):
                expect("replicas" not in work["spec"], f"{target['name']}: replicas beside an autoscaler")
                return scaler["spec"]["minReplicas"]
        return work["spec"]["replicas"]


def check_config(weir, rendered):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(rendered.config_text)
        file.flush()
        # Only what the file says.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("WEIR_")}
        done = subprocess.run([weir, "config", "check", file.name], capture_output=True, text=True, env=environment)
        expect(done.returncode == 0, f"weir config check refuses weir.yaml: {done.stderr}")


def check_pod(rendered, name, pod):
    spec = pod["spec"]
    container = spec["containers"][0]
    drain = seconds(rendered.config.get("drain_timeout", "20s"))
    sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    expect(sleep > 0, f"{name}: it does not wait until nobody is sent to it any more")
    expect(spec["terminationGracePeriodSeconds"] >= sleep + drain + 10, f"{name}: it is killed while it drains")
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    expect(ports["grpc"] == int(rendered.config["listen"].rpartition(":")[2]), f"{name}: port of listen")
    health = rendered.config.get("health", {}).get("listen", "0").rpartition(":")[2]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        given = container[probe]
        if "httpGet" in given:
            port = ports.get(given["httpGet"]["port"])
            expect(str(port) == health, f"{name}: {probe} asks port {port}, health.listen is {health}")
        else:
            expect(given["grpc"]["port"] == ports["grpc"], f"{name}: {probe} asks a port without gRPC")
            expect("cert" not in rendered.config.get("tls", {}), f"{name}: {probe} cannot ask a port with TLS")
    expect(container["readinessProbe"] != container["livenessProbe"], f"{name}: probes are the same")
    expect(container["args"][0] in {"all", "ingest", "worker", "coordinator"}, f"{name}: role")
    for privilege in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"):
        expect(not spec.get(privilege), f"{name}: {privilege}")
    checksum = [key for key in pod["metadata"]["annotations"] if key.startswith("checksum/")]
    expect("checksum/config" in checksum, f"{name}: no restart with another configuration")


def check_volumes(rendered, name, spec, claims):
    defined = {volume["name"]: volume for volume in spec.get("volumes", [])}
    mounts = spec["containers"][0].get("volumeMounts", [])
    mounted = {mount["name"] for mount in mounts}
    expect(mounted == set(defined) | claims, f"{name}: mounted {mounted}, defined {set(defined) | claims}")
    for volume in defined.values():
        if "configMap" in volume:
            expect(volume["configMap"]["name"] in rendered.names("ConfigMap"), f"{name}: {volume} is not there")
        if "secret" in volume:
            expect(volume["secret"]["defaultMode"] == 0o440, f"{name}: everybody may read {volume}")
    return [mount["mountPath"] for mount in mounts]


def check_paths(rendered, role, paths):
    """Whatever weir.yaml names is in the image, or mounted where the role reads it."""
    config = rendered.config
    wanted = [config["cluster"].get(key) for key in ("metadata_ca", "metadata_cert", "metadata_key")
              ] if "cluster" in config else []
    wanted += [config.get("tls", {}).get(key) for key in ("cert", "key", "ca")]
    wanted += [config.get("auth", {}).get(key) for key in ("file", "token_file")]
    if role in {"all", "worker"}:
        wanted.append(config["data_dir"])
    if role in {"all", "coordinator"}:
        wanted += config.get("rules", []) + config.get("overlays", [])
    for path in filter(None, wanted):
        there = path.startswith("/usr/share/weir/") or any(path == at or path.startswith(at + "/") for at in paths)
        expect(there, f"{role}: nothing is mounted at {path}")


def check_workload(rendered, work):
    name, spec = work["metadata"]["name"], work["spec"]
    pod = spec["template"]
    role = pod["spec"]["containers"][0]["args"][0]
    labels = pod["metadata"]["labels"]
    expect(selects(spec["selector"]["matchLabels"], labels), f"{name}: its selector does not select its pods")
    claims = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
    check_paths(rendered, role, check_volumes(rendered, name, pod["spec"], claims))
    budgets = [item for item in rendered.of("PodDisruptionBudget")
               if selects(item["spec"]["selector"]["matchLabels"], labels)]
    replicas = rendered.min_replicas(work)
    expect(len(budgets) == (1 if replicas > 1 else 0), f"{name}: {len(budgets)} budgets for {replicas} pods")
    for budget in budgets:
        away = budget["spec"]["maxUnavailable"]
        expect(isinstance(away, str) or 0 < away < replicas, f"{name}: {away} of {replicas} may be away")
    account = pod["spec"]["serviceAccountName"]
    expect(account == "default" or account in rendered.names("ServiceAccount"), f"{name}: no account {account}")
    if role != "all":
        placement = pod["spec"]
        expect("affinity" in placement and "topologySpreadConstraints" in placement, f"{name}: placement")
    if work["kind"] == "StatefulSet":
        check_stateful(rendered, work, role)


def check_stateful(rendered, work, role):
    name, spec = work["metadata"]["name"], work["spec"]
    retention = spec["persistentVolumeClaimRetentionPolicy"]
    expect(retention == {"whenDeleted": "Retain", "whenScaled": "Retain"}, f"{name}: data is removed")
    service = next((item for item in rendered.of("Service") if item["metadata"]["name"] == spec["serviceName"]), None)
    expect(service is not None and service["spec"]["clusterIP"] == "None", f"{name}: no headless service")
    expect(service["spec"]["publishNotReadyAddresses"], f"{name}: pods that recover have no name")
    if role == "all":
        expect(spec["replicas"] == 1, f"{name}: more than one owner of the data")
        return
    expect(spec["podManagementPolicy"] == "Parallel", f"{name}: pods do not start together")
    environment = {item["name"]: item.get("value") for item in spec["template"]["spec"]["containers"][0]["env"]}
    expect(environment["WEIR_CLUSTER_ADVERTISE"].startswith(f"$(POD_NAME).{spec['serviceName']}."),
           f"{name}: others cannot reach {environment['WEIR_CLUSTER_ADVERTISE']}")


def check_client(rendered, name, pod):
    spec = pod["spec"]
    paths = check_volumes(rendered, name, spec, set())
    arguments = spec["containers"][0]["args"]
    addresses = [argument.partition("=")[2] for argument in arguments if re.match("--(ingest-)?address=", argument)]
    expect(addresses, f"{name}: it asks nobody")
    for address in addresses:
        host, _, port = address.partition(":")
        expect(host in rendered.names("Service"), f"{name}: no service {address}")
        expect(port == rendered.config["listen"].rpartition(":")[2], f"{name}: port of {address}")
    if spec["containers"][0]["image"] in {pod["spec"]["containers"][0]["image"] for _, pod in rendered.pods}:
        for argument in arguments:
            path = argument.partition("=")[2] if argument.startswith("--") else argument
            there = not path.startswith("/") or path.startswith("/usr/share/weir/") or any(
                (path + "/").startswith(at + "/") for at in paths)
            expect(there, f"{name}: nothing is mounted at {path}")
    for item in spec["containers"][0].get("env", []):
        expect(any(item["value"].startswith(at + "/") for at in paths), f"{name}: nothing is mounted at {item['value']}")
    for volume in spec.get("volumes", []):
        # A Secret has more than one caller's secrets in it.
        expect("secret" not in volume or volume["secret"].get("items"), f"{name}: sees all keys of {volume}")
    if "cert" in rendered.config.get("tls", {}):
        expect(any(item["name"] == "WEIR_CLIENT_CA" for item in spec["containers"][0].get("env", [])),
               f"{name}: it does not encrypt")
    isolated = [policy for policy in rendered.of("NetworkPolicy") if "matchExpressions" in policy["spec"]["podSelector"]
                and pod["metadata"]["labels"]["app.kubernetes.io/component"] in
                policy["spec"]["podSelector"]["matchExpressions"][0]["values"]]
    expect(len(isolated) == (1 if rendered.of("NetworkPolicy") else 0), f"{name}: {len(isolated)} network policies")


def check_job(job):
    """It runs again with each revision, and is not repeated when that changes nothing."""
    name, spec = job["metadata"]["name"], job["spec"]
    hooks = job["metadata"]["annotations"]["helm.sh/hook"].split(",")
    expect({"post-install", "post-upgrade"} <= set(hooks), f"{name}: runs at {hooks}")
    expect(job["metadata"]["annotations"]["helm.sh/hook-delete-policy"] == "before-hook-creation",
           f"{name}: the next revision cannot make it, or its log is gone")
    wait = next(argument for argument in spec["template"]["spec"]["containers"][0]["args"]
                if argument.startswith("--retry-for="))
    expect(spec["activeDeadlineSeconds"] >= seconds(wait.partition("=")[2]) + 60, f"{name}: ended before it says why")
    codes = next(rule["onExitCodes"] for rule in spec["podFailurePolicy"]["rules"] if "onExitCodes" in rule)
    expect(codes["containerName"] == spec["template"]["spec"]["containers"][0]["name"], f"{name}: no such container")
    expect(1 in codes["values"] and 6 in codes["values"], f"{name}: it is repeated when rules are refused")


def main():
    rendered = Rendered([item for item in yaml.safe_load_all(sys.stdin) if item])
    check_config(sys.argv[1], rendered)
    for name, pod in rendered.pods:
        check_pod(rendered, name, pod)
    for work in rendered.workloads:
        check_workload(rendered, work)
    for name, pod in rendered.clients:
        check_client(rendered, name, pod)
    for job in rendered.of("Job"):
        check_job(job)
    for service in rendered.of("Service"):
        matching = [name for name, pod in rendered.pods
                    if selects(service["spec"]["selector"], pod["metadata"]["labels"])]
        expect(matching, f"service {service['metadata']['name']} selects nothing")
    for account in rendered.of("ServiceAccount"):
        expect(account["automountServiceAccountToken"] is False, "an account's token is mounted")
    for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
        expect(not rendered.of(kind), f"a {kind} is made")
    for item in rendered.objects:
        expect(len(item["metadata"]["name"]) <= 52, f"{item['metadata']['name']}: pods get too long a name")
    for failure in failures:
        print("FAILED:", failure)
    sys.exit(1 if failures else 0)


main()
