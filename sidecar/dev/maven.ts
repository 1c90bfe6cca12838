import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SidecarError } from "../errors.ts";
import { startGuarded } from "./guarded-process.ts";
import { findJava, onPath } from "./java.ts";

/** Lowest Java that today's Maven plugins run on. */
const mavenJava = 17;
const graceMs = 2_000;

export interface MavenOptions {
	env: NodeJS.ProcessEnv;
	/** The user's home folder. */
	home: string;
}

/** Maven's executable, if this machine has one. */
export async function findMaven(
	env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
	const homes = [env.MAVEN_HOME, env.M2_HOME];
	const folders = homes.flatMap((home) => (home ? [join(home, "bin")] : []));
	return (
		(await onPath("mvn", env)) ??
		(await onPath("mvn", { PATH: folders.join(":") }))
	);
}

/** Maven starts a Java of its own choice; only where it would find none is it shown one. */
async function mavenEnvironment(
	options: MavenOptions,
): Promise<NodeJS.ProcessEnv> {
	const { env } = options;
	if (env.JAVA_HOME || (await onPath("java", env)) !== undefined) return env;
	const java = await findJava(mavenJava, options);
	return java === undefined ? env : { ...env, JAVA_HOME: java.home };
}

/**
 * Writes `poms` (text by path) into `folder` and runs Maven's `package` phase over them.
 * @throws SidecarError `upstream_unavailable` without Maven, and with Maven's own words if it fails.
 */
export async function runMaven(
	folder: string,
	poms: ReadonlyMap<string, string>,
	options: MavenOptions,
): Promise<void> {
	const program = await findMaven(options.env);
	if (program === undefined) {
		throw new SidecarError(
			"upstream_unavailable",
			"Maven (mvn) is not on the PATH.",
		);
	}
	for (const [path, text] of poms) {
		const file = join(folder, path);
		await mkdir(dirname(file), { recursive: true });
		await writeFile(file, text);
	}
	const logFile = join(folder, "maven.log");
	const log = await open(logFile, "w");
	try {
		const args = ["-B", "-q", "-ntp", "-Dstyle.color=never", "package"];
		const maven = startGuarded(program, args, {
			env: await mavenEnvironment(options),
			cwd: folder,
			graceMs,
			output: log.fd,
		});
		const code = await maven.exited;
		if (code === 0) return;
		const lines = (await readFile(logFile, "utf8")).trim().split("\n");
		throw new SidecarError(
			"upstream_unavailable",
			`Maven ended with code ${code}:\n${lines.slice(0, 20).join("\n")}`,
		);
	} finally {
		await log.close();
	}
}
