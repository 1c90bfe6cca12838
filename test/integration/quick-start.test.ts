import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { findPort } from "../../sidecar/dev/sidecar-process.ts";

const minutes = 60_000;
const running = new Set<ChildProcess>();
let dataDir: string;

beforeAll(async () => {
	dataDir = await mkdtemp(join(tmpdir(), "quick-start-"));
	await openSearch("DELETE", "/quick-start");
	await openSearch("DELETE", "/_ingest/pipeline/quick-start");
});

afterAll(async () => {
	for (const child of running) {
		const exited = once(child, "exit");
		child.kill("SIGKILL");
		await exited;
	}
	await rm(dataDir, { recursive: true, force: true });
});

/** A command of the development folder, as `npm start` and `npm run search` run it. */
class Command {
	output = "";
	readonly exited: Promise<number | null>;
	readonly #child: ChildProcess;

	constructor(name: string, args: string[], env: NodeJS.ProcessEnv = {}) {
		const program = new URL(
			`../../dist/sidecar/dev/${name}.js`,
			import.meta.url,
		);
		const child = spawn(process.execPath, [fileURLToPath(program), ...args], {
			stdio: ["ignore", "pipe", "pipe"],
			env: {
				...process.env,
				OPENSEARCH_URL: inject("opensearchUrl"),
				SIDECAR_HOST: "127.0.0.1",
				SIDECAR_PORT: "0",
				SIDECAR_DEV_DATA: dataDir,
				DEBUG: "",
				...env,
			},
		});
		running.add(child);
		for (const stream of [child.stdout, child.stderr]) {
			stream?.setEncoding("utf8").on("data", (text: string) => {
				this.output += text;
				child.emit("output");
			});
		}
		this.#child = child;
		this.exited = once(child, "close").then(([code]) => {
			running.delete(child);
			return typeof code === "number" ? code : null;
		});
	}

	/** The first match in what the command has written; fails if it ends without one. */
	async written(pattern: RegExp): Promise<RegExpExecArray> {
		let ended = false;
		const end = this.exited.then(() => {
			ended = true;
		});
		for (;;) {
			const match = pattern.exec(this.output);
			if (match) return match;
			if (ended) throw new Error(`${pattern} not in:\n${this.output}`);
			await Promise.race([once(this.#child, "output"), end]);
		}
	}

	kill(signal: NodeJS.Signals): void {
		this.#child.kill(signal);
	}
}

async function openSearch(
	method: string,
	path: string,
	body?: unknown,
): Promise<unknown> {
	const response = await fetch(`${inject("opensearchUrl")}${path}`, {
		method,
		headers: { "content-type": "application/json" },
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
	return await response.json();
}

test("a first start ends with a plumber found by meaning, a second one goes straight to the searches", {
	timeout: 5 * minutes,
}, async () => {
	const first = new Command("start", ["--once"]);
	expect(await first.exited, first.output).toBe(0);
	expect(first.output).toMatch(/repairs water pipes.*│ plumber/s);
	expect(first.output).toContain("Indexing");
	expect(first.output).not.toContain("\r");

	const second = new Command("start", ["--once"]);
	expect(await second.exited, second.output).toBe(0);
	expect(second.output).toContain("│ plumber");
	expect(second.output).not.toMatch(/Indexing|Uploading/);
	expect(modelId(first)).toBeDefined();
	expect(modelId(second)).toBe(modelId(first));
});

test("a start that was interrupted is completed with the same model, answers searches, and ends on SIGTERM with exit code 0", {
	timeout: 5 * minutes,
}, async () => {
	const before = new Command("start", ["--once"]);
	expect(await before.exited, before.output).toBe(0);
	await openSearch("POST", "/quick-start/_delete_by_query?refresh=true", {
		max_docs: 700,
		query: { match_all: {} },
	});

	const start = new Command("start", []);
	await start.written(/stays up/);
	expect(modelId(start)).toBe(modelId(before));
	expect(start.output).toMatch(/of 700 nouns/);
	expect(await openSearch("GET", "/quick-start/_count")).toMatchObject({
		count: 5_000,
	});

	const url = sidecarUrl(start);
	const search = new Command("search", ["a hot drink", "made from beans"], {
		SIDECAR_PORT: new URL(url).port,
	});
	expect(await search.exited, search.output).toBe(0);
	expect(search.output).toContain("│ coffee");

	start.kill("SIGTERM");
	expect(await start.exited, start.output).toBe(0);
	await expect(fetch(url)).rejects.toThrow();
});

test("a start that is killed leaves no sidecar behind: the next one finds its port free", {
	timeout: 2 * minutes,
}, async () => {
	const start = new Command("start", []);
	await start.written(/The sidecar is at http/);
	const url = sidecarUrl(start);
	start.kill("SIGKILL");
	await start.exited;
	await expect
		.poll(
			() =>
				fetch(url).then(
					() => "there",
					() => "gone",
				),
			{
				timeout: 20_000,
			},
		)
		.toBe("gone");
});

test("a taken port is said in one line before anything is started", async () => {
	const taken = new URL(inject("opensearchUrl")).port;
	const start = new Command("start", ["--once"], { SIDECAR_PORT: taken });
	expect(await start.exited).toBe(1);
	expect(start.output.trim()).toMatch(
		new RegExp(`^✗ port ${taken} on 127.0.0.1 is taken: .*SIDECAR_PORT.*$`),
	);
});

test("a search without a sidecar says how to start one", async () => {
	const port = await findPort({ host: "127.0.0.1", port: 0 });
	const search = new Command("search", ["coffee"], {
		SIDECAR_PORT: String(port),
	});
	expect(await search.exited).toBe(1);
	expect(search.output.trim()).toMatch(
		new RegExp(
			`^✗ no sidecar answers at http://127.0.0.1:${port}: "npm start".*$`,
		),
	);
});

function modelId(command: Command): string | undefined {
	return /is deployed, id (\S+)/.exec(command.output)?.[1];
}

function sidecarUrl(command: Command): string {
	return /The sidecar is at (http\S+)/.exec(command.output)?.[1] ?? "";
}
