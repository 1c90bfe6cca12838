import { createServer, type Server } from "node:http";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSettings } from "../../sidecar/config.ts";
import { storedForm } from "../../sidecar/search/pipelines/stored-form.ts";
import { SearchPipelineService } from "../../sidecar/services/search/search-pipelines.ts";
import { createClient } from "../../sidecar/store/client.ts";
import { SearchPipelineStore } from "../../sidecar/store/search-pipelines.ts";

const definition =
	'{"request_processors":[{"neural_query_enricher":{"default_model_id":"m"}}]}';
const stored = storedForm(definition, { documentFields: 50 });
const pipelines = { status: 200, body: `{"own":${stored},"other":{}}` };

/** What answers in OpenSearch's place, by what the path ends with. */
let answers: Record<string, { status: number; body: string }>;
let asked: string[];
let warnings: string[];
let server: Server;
let service: SearchPipelineService;
let close: () => Promise<void>;

beforeEach(async () => {
	[answers, asked, warnings] = [{ "/_search/pipeline": pipelines }, [], []];
	server = createServer(({ url = "" }, response) => {
		const [path = ""] = url.split("?", 1);
		asked.push(path);
		const end = Object.keys(answers).find((known) => path.endsWith(known));
		const { status, body } = answers[end ?? ""] ?? { status: 404, body: "{}" };
		response.writeHead(status, { "content-type": "application/json" });
		response.end(body);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	if (typeof address !== "object" || address === null) throw new Error();
	const OPENSEARCH_URL = `http://127.0.0.1:${address.port}`;
	const client = createClient(loadSettings({ OPENSEARCH_URL }), {
		tls: { rejectUnauthorized: true },
		credentials: "own",
	});
	close = () => client.close();
	service = new SearchPipelineService({
		store: new SearchPipelineStore(client),
		cacheMs: 3_600_000,
		now: () => 0,
		logger: pino({}, { write: (line) => warnings.push(line) }),
		documentFieldsLimit: () => 50,
	});
});
afterEach(async () => {
	await close();
	await new Promise((resolve) => server.close(resolve));
});

const ofOwn = () => service.forSearch({ target: "i", parameter: "own" });

describe("a search without a pipeline of the sidecar's", () => {
	it("asks OpenSearch nothing where none is stored", async () => {
		answers = { "/_search/pipeline": { status: 200, body: '{"other":{}}' } };
		for (const target of ["a", "b", "c"])
			expect(await service.forSearch({ target })).toBeUndefined();
		expect(asked).toEqual(["/_search/pipeline"]);
	});

	it("asks for an index's default once, and again after a change", async () => {
		for (const target of ["a", "a", "a"]) await service.forSearch({ target });
		expect(asked).toHaveLength(2);
		service.forget();
		await service.forSearch({ target: "a" });
		expect(asked).toHaveLength(4);
	});
});

describe("where the search pipelines can't be read", () => {
	it("those that were known before do", async () => {
		expect(await ofOwn()).toBeDefined();
		answers = {
			"/_search/pipeline": { status: 500, body: '{"error":{"type":"x"}}' },
		};
		service.forget();
		expect(await ofOwn()).toBeDefined();
		expect(warnings).toHaveLength(1);
	});

	it("a search fails that comes before they are known", async () => {
		answers = {
			"/_search/pipeline": { status: 500, body: '{"error":{"type":"x"}}' },
		};
		await expect(ofOwn()).rejects.toThrow("read the search pipelines");
	});

	it("for want of a right, none is the sidecar's, and that is logged once", async () => {
		const forbidden = { status: 403, body: '{"error":{"type":"x"}}' };
		answers = { "/_search/pipeline": forbidden };
		for (const _ of [1, 2]) {
			expect(await ofOwn()).toBeUndefined();
			service.forget();
		}
		expect(warnings).toHaveLength(1);
		expect(warnings[0]).toContain("cluster:admin/search/pipeline/get");
	});

	it("for want of a right on the index, it has no default", async () => {
		const forbidden = { status: 403, body: '{"error":{"type":"x"}}' };
		answers = {
			"/_search/pipeline": pipelines,
			"/index.search.default_pipeline": forbidden,
		};
		expect(await service.forSearch({ target: "i" })).toBeUndefined();
		expect(warnings).toHaveLength(1);
	});
});

describe("a stored pipeline that this sidecar can't read", () => {
	it("is refused by name where it is used, and no other", async () => {
		const other = stored?.replace("default_model_id", "model_of_later");
		answers = {
			"/_search/pipeline": {
				status: 200,
				body: `{"own":${stored},"later":${other}}`,
			},
		};
		expect(await ofOwn()).toBeDefined();
		await expect(service.forSearch({ parameter: "later" })).rejects.toThrow(
			"[later]",
		);
	});
});

describe("a search with a name and a pipeline in its body", () => {
	it("is refused as OpenSearch refuses it", async () => {
		const search = { parameter: "own", inBody: {} };
		await expect(service.forSearch(search)).rejects.toThrow(
			"Both named and inline search pipeline were specified",
		);
	});
});
