"""Checks configuration files against the JSON Schema of the reader.

usage: schema_check.py SCHEMA VALID_FILE...
Valid are VALID_FILE, the shipped files and tests/golden/valid-*.yaml; the golden files below must be refused.
"""

import glob
import json
import sys

import jsonschema
import yaml

REFUSED = [
    "unknown-key", "missing-key", "wrong-kind", "no-value", "empty-list", "not-number", "number-range",
    "not-duration", "not-size", "not-one-of", "not-a-name", "not-a-pseudonym", "not-a-path",
    "not-an-output", "upgrade-never", "address-form", "address-brackets", "address-host-name", "address-unix",
    "target-unix", "target-id", "target-id-reserved", "keys-exclude", "dns-name", "hash-key", "request-path", "request-method", "status-range", "grpc-service", "grpc-codes",
    "not-percent", "not-fraction", "process-watch", "process-watch-unit", "process-watch-poll", "process-watch-form",
    "process-watch-kind", "cookie-name", "cookie-name-length", "cookie-name-reserved",
    "not-a-file-path", "server-name", "target-tls", "tls-values",
]


def problems(validator, path):
    with open(path, encoding="utf-8") as stream:
        return [f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(yaml.safe_load(stream))]


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        schema = json.load(stream)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failed = False
    shipped = ["config/reference.yaml", "config/weir.yaml"] + sorted(glob.glob("config/examples/*.yaml"))
    for path in sys.argv[2:] + shipped + sorted(glob.glob("tests/golden/valid-*.yaml")):
        for problem in problems(validator, path):
            print(f"{path}: the schema refuses it: {problem[:300]}")
            failed = True
    for name in REFUSED:
        if not problems(validator, f"tests/golden/{name}.yaml"):
            print(f"tests/golden/{name}.yaml: the schema accepts it")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
