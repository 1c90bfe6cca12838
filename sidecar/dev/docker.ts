import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { SidecarError } from "../errors.ts";

const run = promisify(execFile);
const answerMs = 5_000;
/** A first start downloads the image. */
const upMs = 900_000;
const stopMs = 60_000;

async function succeeds(
	args: readonly string[],
	env: NodeJS.ProcessEnv,
): Promise<boolean> {
	return await run("docker", args, { env, timeout: answerMs }).then(
		() => true,
		() => false,
	);
}

/** Whether a Docker engine answers. */
export async function dockerAnswers(env: NodeJS.ProcessEnv): Promise<boolean> {
	return await succeeds(["info", "--format", "{{.ServerVersion}}"], env);
}

/** Whether a Docker engine answers and its client has Compose. */
export async function composeAnswers(env: NodeJS.ProcessEnv): Promise<boolean> {
	return (
		(await succeeds(["compose", "version"], env)) && (await dockerAnswers(env))
	);
}

/** One service of the project's docker-compose.yml. */
export class ComposeService {
	readonly #name: string;
	readonly #env: NodeJS.ProcessEnv;

	constructor(name: string, env: NodeJS.ProcessEnv) {
		this.#name = name;
		this.#env = env;
	}

	/** Whether it runs already, started by somebody else. */
	async isRunning(): Promise<boolean> {
		const ids = await this.#compose(
			["ps", "--quiet", "--status", "running", this.#name],
			answerMs,
		);
		return ids.trim() !== "";
	}

	/** Starts it and waits until it is healthy. */
	async up(): Promise<void> {
		await this.#compose(["up", "--detach", "--wait", this.#name], upMs);
	}

	/** Stops it; its volumes stay. */
	async stop(): Promise<void> {
		await this.#compose(["stop", this.#name], stopMs);
	}

	async #compose(args: readonly string[], timeout: number): Promise<string> {
		const file = createRequire(import.meta.url)
			.resolve("#package.json")
			.replace(/package\.json$/, "docker-compose.yml");
		try {
			const { stdout } = await run("docker", ["compose", "-f", file, ...args], {
				env: this.#env,
				timeout,
			});
			return stdout;
		} catch (error) {
			const said =
				error instanceof Error && "stderr" in error
					? String(error.stderr).trim()
					: "";
			throw new SidecarError(
				"upstream_unavailable",
				`docker compose ${args[0]} ${this.#name} failed: ${said.split("\n").slice(-5).join("\n")}`,
				{ cause: error },
			);
		}
	}
}
