// Certificates that nobody has signed, made by openssl.

import { execFileSync } from "node:child_process";
import { join } from "node:path";

/**
 * Its files, as the configuration names them.
 * @param {string} directory
 * @param {string} name of the files
 * @param {string[]} names of hosts, the first of which is its subject
 */
export function certificate(directory, name, names) {
  const [key, cert] = ["key", "cert"].map((what) => join(directory, `${name}-${what}.pem`));
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    "-days", "30", "-subj", `/CN=${names[0]}`, "-addext", `subjectAltName=${names.map((one) => `DNS:${one}`)}`,
    "-keyout", key, "-out", cert], { stdio: "ignore" });
  return `{ cert: "${cert}", key: "${key}" }`;
}
