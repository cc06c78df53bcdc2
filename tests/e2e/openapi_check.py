"""Checks /api/v1/openapi.json, and running daemons against it.

usage: openapi_check.py PLAIN GUARDED TOKEN BUILT_IN

PLAIN, GUARDED and BUILT_IN are admin addresses: of a weir that the configuration in openapi_test.cc describes and
that has no token, of one that has TOKEN, and of one without a file. Every operation of the document is called, well
and badly; each answer has to have a status, a type and a body that the document describes. In the end every status
that an operation names has been seen. Prints what is wrong, a line each; the exit status is 0 if nothing is.
"""

import http.client
import json
import re
import socket
import sys
import urllib.parse

import jsonschema

PATIENCE = 20
METHODS = ("get", "put", "post", "delete")
HTML = "<script>alert(1)</script>"
# What no running daemon can be brought to say from outside: (operation or None for all, status).
UNSEEN = {(None, "503"), ("explain", "429"), ("plan", "429")}
# Reading needs the token only where the API does not listen on loopback, as in no test.
UNSEEN_OF_READS = "401"

wrong = []


def complain(*what):
    wrong.append(" ".join(str(each) for each in what))


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body
        self.type = (fields.get("content-type") or "").split(";")[0]

    def json(self):
        return json.loads(self.body)


def call(address, method, target, fields=None, body=None):
    host, port = address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
    fields = dict(fields or {})
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if body is not None:
        fields["Content-Length"] = str(len(body.encode()))
    try:
        connection.putrequest(method, target, skip_host="Host" in fields, skip_accept_encoding=True)
        for name, value in fields.items():
            connection.putheader(name, value)
        try:
            connection.endheaders(None if body is None else body.encode())
        except ConnectionError:
            pass  # a body that is too large is not read to its end
        response = connection.getresponse()
        heads = {name.lower(): value for name, value in response.getheaders()}
        if heads.get("content-type") == "text/event-stream" and method == "GET":
            return Answer(response.status, heads, first_events(response))
        return Answer(response.status, heads, response.read())
    finally:
        connection.close()


def first_events(response, count=2):
    """The data of the first events of a stream that goes on."""
    data = []
    while len(data) < count:
        line = response.readline()
        if not line:
            break
        if line.startswith(b"data: "):
            data.append(line[6:])
    return b"".join(data)


# --- the document


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def closed(value):
    """The same schemas, but what they do not name is an error: an answer has no member that is not described."""
    if isinstance(value, list):
        return [closed(each) for each in value]
    if not isinstance(value, dict):
        return value
    result = {name: closed(each) for name, each in value.items()}
    if isinstance(value.get("properties"), dict) and "additionalProperties" not in value:
        result["additionalProperties"] = False
    return result


class Document:
    def __init__(self, document):
        self.document = document
        self.closed = {"components": {"schemas": closed(document["components"]["schemas"])}}
        self.operations = {}  # by the id: method, path, operation
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    self.operations[item[method]["operationId"]] = (method.upper(), path, item[method])

    def resolve(self, value):
        while "$ref" in value:
            found = self.document
            for step in value["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            value = found
        return value

    def problems(self, schema, value):
        validator = jsonschema.Draft202012Validator({**self.closed, **closed(schema)})
        return [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(value)]

    def check(self):
        document = self.document
        if not document["openapi"].startswith("3.1."):
            complain("openapi:", document["openapi"])
        used = set(references(document))
        for reference in used:
            try:
                self.resolve({"$ref": reference})
            except KeyError:
                complain(reference, "is not there")
        for kind in ("schemas", "responses", "parameters"):
            for name in document["components"][kind]:
                if f"#/components/{kind}/{name}" not in used:
                    complain(f"components.{kind}.{name} is used by nobody")
        for name, schema in document["components"]["schemas"].items():
            try:
                jsonschema.Draft202012Validator.check_schema(schema)
            except jsonschema.SchemaError as error:
                complain(f"components.schemas.{name}:", error.message)
        ids = [o["operationId"] for item in document["paths"].values() for m, o in item.items() if m in METHODS]
        if len(ids) != len(set(ids)):
            complain("an operationId is there twice")
        for path, item in document["paths"].items():
            declared = {self.resolve(p)["name"] for p in item.get("parameters", [])}
            if declared != set(re.findall(r"{([^}]*)}", path)):
                complain(path, "and its parameters do not agree:", declared)
        for _, path, operation in self.operations.values():
            for status, response in operation["responses"].items():
                if not self.resolve(response).get("description"):
                    complain(path, status, "has no description")


# --- calls


class Check:
    def __init__(self, plain, guarded, token, built_in):
        self.plain, self.guarded, self.token, self.built_in = plain, guarded, token, built_in
        self.document = Document(call(plain, "GET", "/api/v1/openapi.json").json())
        self.seen = set()

    def target(self, operation, parameters, query=""):
        path = self.document.operations[operation][1]
        for name in re.findall(r"{([^}]*)}", path):
            path = path.replace("{" + name + "}", urllib.parse.quote(parameters.get(name, "x"), safe=":"))
        return path + (f"?{query}" if query else "")

    def judge(self, operation, answer, where):
        """Whether the document describes the answer to the operation."""
        described = self.document.operations[operation][2]["responses"]
        response = self.document.resolve(described.get(str(answer.status), described["default"]))
        if str(answer.status) in described:
            self.seen.add((operation, str(answer.status)))
        elif answer.status < 400:
            return complain(where, "is a status that the document does not have")
        if answer.fields.get("x-content-type-options") != "nosniff":
            complain(where, "may be sniffed")
        content = response.get("content")
        if not content:
            return None if not answer.body else complain(where, "has a body")
        if answer.type not in content:
            return complain(where, f"is of type {answer.type}")
        return self.judge_body(content[answer.type], answer, where)

    def judge_body(self, content, answer, where):
        if answer.type == "text/event-stream":
            values = [json.loads(line) for line in answer.body.splitlines()]
            schema = content["x-weir-data"]
            if not values:
                complain(where, "has no events")
        else:
            values = [answer.json() if answer.type.endswith("json") else answer.body.decode()]
            schema = content["schema"]
        for value in values:
            for problem in self.document.problems(schema, value)[:3]:
                complain(where, "answers", problem)

    def expect(self, status, operation, parameters=None, names=None, query="", fields=None, body=None, address=None):
        """One call. `names`: how the detail of the problem document begins."""
        method = self.document.operations[operation][0]
        target = self.target(operation, parameters or {}, query)
        answer = call(address or self.plain, method, target, fields, body)
        where = f"{method} {target} {str(body)[:80] if body is not None else ''}: {answer.status}"
        if answer.status != status:
            complain(where, "expected", status, answer.body[:200])
        self.judge(operation, answer, where)
        if names is not None and answer.type == "application/problem+json":
            detail = answer.json()["detail"]
            if names not in detail:
                complain(where, f"does not name {names!r}:", detail)
        return answer

    # --- the same for all operations

    def every_gate(self):
        for operation, (method, path, described) in self.document.operations.items():
            for status, fields in ((403, {"Host": "evil.example"}), (403, {"Origin": "https://evil.example"}),
                                   (403, {"Origin": HTML}), (400, {"Host": f"{HTML}.example"}), (400, {"Host": ""})):
                answer = self.expect(status, operation, fields=fields)
                if HTML.encode() in answer.body:
                    complain(method, path, "repeats the hostile", fields)
            if described["x-weir-access"] == "change":
                self.expect(401, operation, address=self.guarded)
                wrong_token = {"Authorization": f"Bearer {self.token}x"}
                self.expect(401, operation, address=self.guarded, fields=wrong_token)

    def every_method(self):
        for path, item in self.document.document["paths"].items():
            operation = next(item[m]["operationId"] for m in METHODS if m in item)
            target = self.target(operation, {})
            allowed = {m.upper() for m in METHODS if m in item} | ({"HEAD"} if "get" in item else set())
            for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"):
                if method in allowed:
                    continue
                answer = call(self.plain, method, target)
                where = f"{method} {target}: {answer.status}"
                if answer.status != 405 or set(answer.fields.get("allow", "").split(", ")) != allowed:
                    complain(where, "expected 405 and to allow", allowed)
                if method != "HEAD":
                    self.judge(operation, answer, where)
            if "get" in item:
                head = call(self.plain, "HEAD", target)
                if head.body or head.status not in (200, 404):
                    complain("HEAD", target, head.status, head.body)

    def every_body(self):
        """What the schema of a body refuses, the daemon refuses, and names the member."""
        values = [None, True, 7, -1, 1.5, 10**12, "", "x y", "-5m", "9999999d", "0s", "x" * 300, [], ["x"], {}, {"a": 1}]
        parameters = {"group": "app", "target": "127.0.0.1:9", "zone": "az-1"}
        for operation, (_, _, described) in self.document.operations.items():
            content = described.get("requestBody", {}).get("content", {}).get("application/json")
            if content is None or "$ref" not in content["schema"]:
                continue
            schema = self.document.resolve(content["schema"])
            good = {name: self.an_example(name) for name in schema["required"]}
            for name in schema["properties"]:
                for value in values:
                    body = {**good, name: value}
                    if self.document.problems(content["schema"], body):
                        self.expect(400, operation, parameters, names=f"{name}: ", body=body)
                if name in schema["required"]:
                    self.expect(400, operation, parameters, names=f"{name}: ", body={})
                twice = json.dumps(good)[:-1] + ("," if good else "") + f'"{name}": 1, "{name}": 1}}'
                self.expect(400, operation, parameters, names=f"{name}: ", body=twice)
            self.expect(400, operation, parameters, names=f"{HTML}: ", body={**good, HTML: 1})
            for body in ("[]", "null", "{", "\x00", "x" * 1000, json.dumps(good) + "{}"):
                self.expect(400, operation, parameters, names="JSON object", body=body)

    def every_large_body(self):
        parameters = {"group": "app", "target": "127.0.0.1:9", "zone": "az-1"}
        for operation, (_, _, described) in self.document.operations.items():
            if "requestBody" in described:
                most = 1 << 20 if operation == "plan" else 1 << 16
                for size in (most + 1, (1 << 20) + 1, 3 << 20):
                    self.expect(413, operation, parameters, body=" " * size)

    @staticmethod
    def an_example(name):
        return {"url": "http://example.com/", "for": "5m"}[name]

    # --- each for itself

    def reads(self):
        for operation in ("dashboard", "metrics", "livez", "readyz", "openapi", "status", "config", "targets", "live"):
            self.expect(200, operation)
        for name in ("index.html", "style.css", "main.js"):
            self.expect(200, "dashboardFile", {"file": name})
        self.expect(404, "dashboardFile", {"file": HTML})
        for operation, parameters in (("dashboard", {}), ("openapi", {}), ("dashboardFile", {"file": "main.js"})):
            tag = self.expect(200, operation, parameters).fields["etag"]
            self.expect(304, operation, parameters, fields={"If-None-Match": tag})
        self.expect(200, "targets", query="group=app&probes=1")
        self.expect(200, "targets", query="group=app&target=app-1")
        for query, name in (("probes=21", "probes: "), ("probes=x", "probes: "), ("probes=1&probes=1", "probes: "),
                            ("group=%zz", "group: "), ("target=app-1", "target: ")):
            self.expect(400, "targets", query=query, names=name)
        self.expect(404, "targets", query="group=nobody", names="'nobody'")
        self.expect(404, "targets", query="group=app&target=nobody", names="'nobody'")
        self.expect(404, "targets", query="group=" + urllib.parse.quote(HTML), names="script")
        for operation in ("registerTarget", "dashboardFile"):
            path = self.target(operation, {"group": "app"}).removesuffix("x") + "%00"
            self.judge(operation, call(self.plain, self.document.operations[operation][0], path), path)

    def targets(self):
        new = {"group": "app", "target": "127.0.0.1:9"}
        of_file = {"group": "app", "target": "app-1"}
        self.expect(201, "registerTarget", new, body={"zone": "az-2", "weight": 2, "max_requests": 7, "id": "new"})
        self.expect(200, "registerTarget", new, body={"weight": 3})
        self.expect(409, "registerTarget", new, body={"zone": "az-1"})
        self.expect(400, "registerTarget", {**new, "target": "nowhere"}, names="address: ")
        self.expect(400, "registerTarget", {**new, "target": HTML}, names="address: ")
        self.expect(404, "registerTarget", {**new, "group": HTML}, names="script")
        self.expect(400, "drainTarget", {**new, "target": "\x1b[31m"})
        for operation in ("deregisterTarget", "drainTarget", "undrainTarget"):
            self.expect(404, operation, {**new, "target": HTML}, names="script")
            self.expect(404, operation, {**new, "group": "nobody"}, names="'nobody'")
            self.expect(400, operation, {**new, "target": "a\x00b"})
        self.expect(200, "drainTarget", of_file)
        self.expect(200, "drainTarget", of_file, body={})
        self.expect(400, "drainTarget", of_file, body={"for": "5m"}, names="for: ")
        self.expect(200, "undrainTarget", of_file)
        self.expect(409, "undrainTarget", of_file, names="app-1")
        self.expect(409, "deregisterTarget", of_file, names="configuration file")
        self.expect(200, "deregisterTarget", new)
        events = self.expect(200, "events", fields={"Last-Event-ID": "0"})
        if b"health" not in events.body:
            complain("the events do not begin with the first")
        self.expect(200, "events", fields={"Last-Event-ID": "1700000000000-3"})
        for number in ("x", "-1", "", "1-", "1-2-3"):
            self.expect(400, "events", fields={"Last-Event-ID": number}, names="Last-Event-ID: ")

    def zones(self):
        zone = {"zone": "az-1"}
        self.expect(200, "shiftZone", zone, body={"for": "5m", "reason": HTML, "force": True})
        self.expect(200, "targets")
        self.expect(200, "status")
        self.expect(200, "live")
        self.expect(409, "shiftZone", {"zone": "az-2"}, body={"for": "5m"}, names="app")
        self.expect(200, "unshiftZone", zone)
        self.expect(409, "unshiftZone", zone, names="'az-1'")
        self.expect(404, "shiftZone", {"zone": HTML}, body={"for": "5m"}, names="script")
        self.expect(400, "unshiftZone", {"zone": "a\nb"})

    def questions(self):
        for body in ({"url": "http://example.com/v1/x", "headers": [["Cookie", "WEIRLB=x"]], "from": "10.0.0.1"},
                     {"url": "http://old.example.com/", "method": "POST", "headers": {"A": "b"}, "listener": "web"},
                     {"url": "http://example.com/a"}, {"url": "http://example.com/a/%2e%2e//b"}):
            self.expect(200, "explain", body=body)
        for body, name in (({"url": "x"}, "url: "), ({"url": "http://e/", "from": "x"}, "from: "),
                           ({"url": "http://e/", "listener": HTML}, "listener: ")):
            self.expect(400, "explain", body=body, names=name)

    def configuration(self):
        with open(self.expect(200, "status").json()["config"]["file"], encoding="utf-8") as stream:
            text = stream.read()
        changed = text + "tracing: {}\n" if "algorithm:" not in text else text.replace("algorithm: ", "algorithm: least_outstanding #")
        self.expect(200, "plan", body=text)
        if self.expect(200, "plan", body=changed).json()["total"] != 1:
            complain("the plan does not have one change")
        self.expect(422, "plan", body="listeners: 7\n", names="not valid")
        self.expect(400, "plan", body="")
        self.expect(200, "plan", body=text + "# " + "x" * 900_000 + "\n")
        self.reloads(text, changed)

    def reloads(self, text, changed):
        file = self.expect(200, "status").json()["config"]["file"]

        def write(content):
            with open(file, "w", encoding="utf-8") as stream:
                stream.write(content)

        self.expect(200, "reload")
        write("listeners: 7\n")
        self.expect(422, "reload")
        write(changed)
        self.expect(200, "reload", body={"confirm": "60s"})
        self.expect(409, "reload")
        self.expect(200, "confirm")
        self.expect(409, "confirm")
        write(text)
        self.expect(200, "reload", body={})
        self.expect(409, "reload", address=self.built_in)
        self.expect(409, "confirm", address=self.built_in)

    def no_http(self):
        """What never reaches an operation is a problem document too."""
        problem = self.document.resolve({"$ref": "#/components/responses/Problem"})
        host, port = self.plain.rsplit(":", 1)
        for status, sent in ((400, b"GET / HTTP/1.1\r\n\r\n"), (400, b"\x16\x03\x01\r\n\r\n"),
                             (414, b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
                             (431, b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 20000 + b"\r\n\r\n"),
                             (501, b"WEIRD / HTTP/1.1\r\nHost: localhost\r\n\r\n")):
            with socket.create_connection((host, int(port)), PATIENCE) as connection:
                connection.sendall(sent)
                response = http.client.HTTPResponse(connection)
                response.begin()
                fields = {name.lower(): value for name, value in response.getheaders()}
                answer = Answer(response.status, fields, response.read())
            sniffed = fields.get("x-content-type-options") != "nosniff"
            if answer.status != status or answer.type not in problem["content"] or sniffed:
                complain(sent[:40], "is answered", answer.status, fields)
            else:
                self.judge_body(problem["content"][answer.type], answer, sent[:40])

    def coverage(self):
        for operation, (_, _, described) in self.document.operations.items():
            for status in described["responses"]:
                if status == "default" or (operation, status) in self.seen:
                    continue
                if (None, status) in UNSEEN or (operation, status) in UNSEEN:
                    continue
                if status == UNSEEN_OF_READS and described["x-weir-access"] == "read":
                    continue
                complain(operation, status, "has never been seen")

    def run(self):
        self.document.check()
        for step in (self.reads, self.targets, self.zones, self.questions, self.configuration, self.no_http,
                     self.every_gate, self.every_method, self.every_body, self.every_large_body, self.coverage):
            try:
                step()
            except Exception as error:  # the other steps are worth their while all the same
                complain(step.__name__, "ended early:", repr(error))


def main():
    check = Check(*sys.argv[1:])
    check.run()
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
