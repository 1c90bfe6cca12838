import { execFile } from "node:child_process";
import {
	access,
	constants,
	readdir,
	readFile,
	realpath,
} from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A Java found on this machine. */
export interface Java {
	home: string;
	/** Feature release: 21 for 21.0.5, 8 for 1.8.0. */
	version: number;
}

/** The feature release in a version string of either scheme: `21.0.5`, `25`, `17-ea`, `1.8.0_392`. */
export function featureRelease(version: string): number | undefined {
	const match = /^(?:1\.)?(\d+)/.exec(version);
	return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** `JAVA_VERSION` of a JDK's `release` file. */
export function releaseFileVersion(text: string): number | undefined {
	const match = /^JAVA_VERSION="([^"]+)"/m.exec(text);
	return match?.[1] === undefined ? undefined : featureRelease(match[1]);
}

/** The version in what `java -version` prints. */
export function printedVersion(text: string): number | undefined {
	const match = /version "([^"]+)"/.exec(text);
	return match?.[1] === undefined ? undefined : featureRelease(match[1]);
}

async function executable(file: string): Promise<boolean> {
	return await access(file, constants.X_OK).then(
		() => true,
		() => false,
	);
}

async function javaAt(home: string): Promise<Java | undefined> {
	const program = join(home, "bin", "java");
	if (!(await executable(program))) return undefined;
	const release = await readFile(join(home, "release"), "utf8").catch(() => "");
	let version = releaseFileVersion(release);
	if (version === undefined) {
		const printed = await run(program, ["-version"], { timeout: 10_000 }).catch(
			() => undefined,
		);
		if (printed === undefined) return undefined;
		version = printedVersion(printed.stderr + printed.stdout);
	}
	return version === undefined ? undefined : { home, version };
}

/** The folder of an executable on the PATH, symbolic links resolved: /usr/bin/java leads to its JDK. */
export async function onPath(
	program: string,
	env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
	for (const folder of (env.PATH ?? "").split(delimiter)) {
		const file = join(folder, program);
		if (folder !== "" && (await executable(file))) return await realpath(file);
	}
	return undefined;
}

/** Folders whose children are JDKs, with the way from the child to its home. */
function collections(home: string): [folder: string, inside: string][] {
	return [
		["/usr/lib/jvm", ""],
		["/usr/java", ""],
		["/opt", ""],
		["/opt/java", ""],
		["/usr/local", ""],
		[join(home, ".sdkman", "candidates", "java"), ""],
		[join(home, ".jdks"), ""],
		["/Library/Java/JavaVirtualMachines", "Contents/Home"],
		[join(home, "Library/Java/JavaVirtualMachines"), "Contents/Home"],
		["/opt/homebrew/opt", "libexec/openjdk.jdk/Contents/Home"],
		["/usr/local/opt", "libexec/openjdk.jdk/Contents/Home"],
	];
}

async function installed(home: string): Promise<Java[]> {
	const found: Java[] = [];
	for (const [folder, inside] of collections(home)) {
		const names = await readdir(folder).catch(() => []);
		for (const name of names.sort()) {
			const java = await javaAt(join(folder, name, inside));
			if (java !== undefined) found.push(java);
		}
	}
	return found.sort((a, b) => b.version - a.version);
}

/**
 * A Java of at least `minimum`: `OPENSEARCH_JAVA_HOME`, then `JAVA_HOME`, then the PATH, then the newest in the
 * usual folders. The first three count only if they are new enough.
 */
export async function findJava(
	minimum: number,
	options: { env: NodeJS.ProcessEnv; home: string },
): Promise<Java | undefined> {
	const { env, home } = options;
	const program = await onPath("java", env);
	const homes = [
		env.OPENSEARCH_JAVA_HOME,
		env.JAVA_HOME,
		program === undefined ? undefined : dirname(dirname(program)),
	];
	for (const candidate of homes) {
		if (candidate === undefined || candidate === "") continue;
		const java = await javaAt(candidate);
		if (java !== undefined && java.version >= minimum) return java;
	}
	return (await installed(home)).find((java) => java.version >= minimum);
}
