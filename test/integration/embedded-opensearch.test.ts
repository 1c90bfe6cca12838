import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { opensearchUrl } from "../helpers/opensearch.ts";

const program = createRequire(import.meta.url).resolve(
	"#dist/sidecar/dev/opensearch.js",
);
const waitOptions = { timeout: 60_000, interval: 50 };

/** `npm start`'s OpenSearch alone, as a process of its own. */
class Start {
	readonly #child: ChildProcess;
	readonly lines: string[] = [];
	readonly exited: Promise<unknown[]>;

	constructor(dataDir: string, env: NodeJS.ProcessEnv = {}) {
		this.#child = spawn(process.execPath, [program], {
			stdio: ["ignore", "ignore", "pipe"],
			env: {
				...process.env,
				OPENSEARCH_PORT: "0",
				SIDECAR_DEV_DATA: dataDir,
				...env,
			},
		});
		this.exited = once(this.#child, "exit");
		if (this.#child.stderr !== null) {
			createInterface(this.#child.stderr).on("line", (line) =>
				this.lines.push(line),
			);
		}
	}

	async url(): Promise<string> {
		const failed = this.exited.then(() => {
			throw new Error(this.lines.join("\n"));
		});
		const answers = vi.waitFor(() => {
			const match = /answers at (\S+)\./.exec(this.lines.join("\n"));
			if (match?.[1] === undefined) throw new Error(this.lines.join("\n"));
			return match[1];
		}, waitOptions);
		return await Promise.race([answers, failed]);
	}

	async end(signal: NodeJS.Signals): Promise<unknown> {
		this.#child.kill(signal);
		const [code] = await this.exited;
		return code;
	}
}

function alive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

async function javaPid(dataDir: string): Promise<number> {
	const file = join(dataDir, "opensearch", "opensearch.pid");
	return Number(await readFile(file, "utf8"));
}

describe("the embedded OpenSearch", () => {
	let dataDir: string;
	const starts: Start[] = [];
	const start = (env?: NodeJS.ProcessEnv) => {
		const started = new Start(dataDir, env);
		starts.push(started);
		return started;
	};

	beforeAll(async () => {
		dataDir = await mkdtemp(join(tmpdir(), "opensearch-ml-sidecar-test-"));
	});
	afterAll(async () => {
		for (const started of starts) await started.end("SIGTERM");
		await rm(dataDir, { recursive: true, force: true });
	});

	test("a killed start leaves no Java process, and the next one finds its data again", async () => {
		const first = start();
		const document = `${await first.url()}/kept/_doc/1?refresh=true`;
		await fetch(document, {
			method: "PUT",
			headers: { "content-type": "application/json" },
			body: '{"word":"plumber"}',
		});
		const pid = await javaPid(dataDir);
		expect(alive(pid)).toBe(true);
		await first.end("SIGKILL");
		await vi.waitFor(() => expect(alive(pid)).toBe(false), waitOptions);

		const second = start();
		const answer = await fetch(`${await second.url()}/kept/_doc/1`);
		expect(await answer.json()).toMatchObject({
			_source: { word: "plumber" },
		});
		expect(await second.end("SIGTERM")).toBe(0);
	}, 120_000);

	test("an OpenSearch whose guardian was killed too does not block the next start", async () => {
		const first = start();
		await first.url();
		const pid = await javaPid(dataDir);
		const status = await readFile(`/proc/${pid}/status`, "utf8");
		const guardian = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
		process.kill(guardian, "SIGKILL");
		await first.end("SIGKILL");
		expect(alive(pid)).toBe(true);

		const second = start();
		await second.url();
		expect(second.lines.join("\n")).toContain("earlier start had left behind");
		expect(alive(pid)).toBe(false);
		expect(await second.end("SIGTERM")).toBe(0);
	}, 120_000);

	test("a second start on the same data is told about the first, and harms it not", async () => {
		const first = start();
		const url = await first.url();
		const second = start();
		const [code] = await second.exited;
		expect(code).toBe(1);
		expect(second.lines.join("\n")).toContain("Another start uses the data");
		expect((await fetch(url)).status).toBe(200);
		expect(await first.end("SIGTERM")).toBe(0);
	}, 120_000);

	test("a taken port is named together with the setting that moves it", async () => {
		const server = createServer();
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const address = server.address();
		const port =
			typeof address === "object" && address !== null ? address.port : 0;
		const refused = start({ OPENSEARCH_PORT: String(port) });
		const [code] = await refused.exited;
		server.close();
		expect(code).toBe(1);
		expect(refused.lines).toHaveLength(1);
		expect(refused.lines[0]).toContain(`Port ${port}`);
		expect(refused.lines[0]).toContain("OPENSEARCH_PORT");
	});

	test("k-NN is there: vectors can be indexed and searched", async () => {
		const index = `${opensearchUrl()}/knn-there`;
		const json = { "content-type": "application/json" };
		const created = await fetch(index, {
			method: "PUT",
			headers: json,
			body: JSON.stringify({
				settings: { "index.knn": true },
				mappings: {
					properties: {
						vector: {
							type: "knn_vector",
							dimension: 2,
							method: { name: "hnsw", engine: "lucene" },
						},
					},
				},
			}),
		});
		expect(created.status).toBe(200);
		for (const [id, vector] of Object.entries({ far: [9, 9], near: [1, 1] })) {
			await fetch(`${index}/_doc/${id}?refresh=true`, {
				method: "PUT",
				headers: json,
				body: JSON.stringify({ vector }),
			});
		}
		const answer = await fetch(`${index}/_search`, {
			method: "POST",
			headers: json,
			body: JSON.stringify({
				query: { knn: { vector: { vector: [1, 2], k: 1 } } },
			}),
		});
		await fetch(index, { method: "DELETE" });
		expect(await answer.json()).toMatchObject({
			hits: { hits: [{ _id: "near" }] },
		});
	});
});
