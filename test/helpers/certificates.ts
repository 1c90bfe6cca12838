import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The password of every key store. */
export const storePassword = "sidecar-tests";

/** The certificates of a test node: files by their names in the folder they were made in. */
export interface Certificates {
	/** A PKCS #12 store with the node's key, under the alias `node`, for 127.0.0.1 and localhost. */
	keys: string;
	/** A PKCS #12 store with the authority that signed it. */
	trust: string;
	/** That authority, PEM. */
	ca: string;
}

/** Makes a private authority and a node's certificate signed by it, with the JDK's own tool. */
export async function makeCertificates(
	folder: string,
	javaHome: string,
): Promise<Certificates> {
	const keytool = join(javaHome, "bin", "keytool");
	const files = { keys: "keys.p12", trust: "trust.p12", ca: "ca.pem" };
	const tool = (command: string, store: string, ...args: string[]) =>
		run(
			keytool,
			[
				`-${command}`,
				...["-keystore", store, "-storetype", "PKCS12"],
				...["-storepass", storePassword, ...args],
			],
			{ cwd: folder, timeout: 60_000 },
		);
	const key = ["-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2"];
	await tool("genkeypair", files.keys, ...key, ...authority);
	await tool("genkeypair", files.keys, ...key, ...node);
	await tool("exportcert", files.keys, ...exported, "-file", files.ca);
	await tool("importcert", files.trust, ...imported, "-file", files.ca);
	return { ...files, ca: await readFile(join(folder, files.ca), "utf8") };
}

const authority = ["-alias", "ca", "-dname", "CN=Test CA", "-ext", "bc:c"];
const node = [
	...["-alias", "node", "-dname", "CN=node", "-signer", "ca"],
	...["-ext", "san=ip:127.0.0.1,dns:localhost"],
];
const exported = ["-alias", "ca", "-rfc"];
const imported = ["-alias", "ca", "-noprompt"];
