import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
	featureRelease,
	findJava,
	printedVersion,
	releaseFileVersion,
} from "../../sidecar/dev/java.ts";

test.each([
	["25", 25],
	["21.0.5", 21],
	["17.0.15+6", 17],
	["23-ea", 23],
	["1.8.0_392", 8],
	["nonsense", undefined],
])("Java %s is not taken for another release", (version, expected) => {
	expect(featureRelease(version)).toBe(expected);
});

test("a JDK tells its release in its release file, without being run", () => {
	const text =
		'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_RUNTIME_VERSION="25+36-LTS"\nJAVA_VERSION="25"\n';
	expect(releaseFileVersion(text)).toBe(25);
	expect(releaseFileVersion("")).toBeUndefined();
});

test("a JDK without a release file tells its release when it is run", () => {
	const text = 'openjdk version "21.0.5" 2024-10-15\nOpenJDK Runtime';
	expect(printedVersion(text)).toBe(21);
	expect(printedVersion("command not found")).toBeUndefined();
});

describe("the Java for OpenSearch", () => {
	let folder: string;
	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), "java-"));
	});
	afterEach(() => rm(folder, { recursive: true }));

	async function jdk(name: string, version: string): Promise<string> {
		const home = join(folder, name);
		await mkdir(join(home, "bin"), { recursive: true });
		await writeFile(join(home, "release"), `JAVA_VERSION="${version}"\n`);
		await writeFile(join(home, "bin", "java"), "");
		await chmod(join(home, "bin", "java"), 0o755);
		return home;
	}

	test("is the one that OPENSEARCH_JAVA_HOME names, whatever else there is", async () => {
		const env = {
			OPENSEARCH_JAVA_HOME: await jdk("a", "21.0.1"),
			JAVA_HOME: await jdk("b", "25"),
			PATH: join(await jdk("c", "24"), "bin"),
		};
		const java = await findJava(21, { env, home: folder });
		expect(java).toEqual({ home: join(folder, "a"), version: 21 });
	});

	test("is found on the PATH when JAVA_HOME is too old for OpenSearch", async () => {
		const env = {
			JAVA_HOME: await jdk("old", "17.0.15"),
			PATH: ["/nowhere", join(await jdk("new", "21.0.2"), "bin")].join(":"),
		};
		const java = await findJava(21, { env, home: folder });
		expect(java?.home).toBe(join(folder, "new"));
	});

	test("is found in the user's folders when neither a variable nor the PATH has it", async () => {
		await jdk(".jdks/old", "98");
		await jdk(".jdks/new", "99.0.1");
		const java = await findJava(98, { env: {}, home: folder });
		expect(java?.home).toBe(join(folder, ".jdks", "new"));
	});

	test("is reported missing where every Java is too old", async () => {
		const env = { JAVA_HOME: await jdk("old", "17") };
		expect(await findJava(1_000, { env, home: folder })).toBeUndefined();
	});
});
