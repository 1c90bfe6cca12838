import { performance } from "node:perf_hooks";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadSettings } from "../../sidecar/config.ts";
import { indicesOfPointInTime } from "../../sidecar/search/pipelines/point-in-time.ts";
import { SearchPipelineService } from "../../sidecar/services/search/search-pipelines.ts";
import { createClient } from "../../sidecar/store/client.ts";
import { SearchPipelineStore } from "../../sidecar/store/search-pipelines.ts";
import {
	callOpenSearch,
	opensearchUrl,
	uniqueName,
} from "../helpers/opensearch.ts";
import { textAt } from "../helpers/sidecar.ts";

describe("the pipeline that a search runs through", () => {
	/** Both show by what happens to a hit that OpenSearch ran them, and by a tag that the sidecar knows it. */
	const marked = (mark: string) => ({
		response_processors: [
			{ rename_field: { field: "t", target_field: mark } },
			{ hybrid_score_explanation: { tag: mark } },
		],
	});
	const base = uniqueName("searched");
	const names = (...suffixes: string[]) =>
		suffixes.map((suffix) => `${base}-${suffix}`).join(",");
	const one = `${base}-one`;
	const two = `${base}-two`;
	const made: string[] = [];
	let service: SearchPipelineService;
	let close: () => Promise<void>;

	beforeAll(async () => {
		const settings = loadSettings({ OPENSEARCH_URL: opensearchUrl() });
		const client = createClient(settings, {
			tls: { rejectUnauthorized: true },
			credentials: "own",
		});
		service = new SearchPipelineService({
			store: new SearchPipelineStore(client),
			cacheMs: 0,
			now: () => performance.now(),
			logger: pino({ level: "silent" }),
			documentFieldsLimit: () => 50,
		});
		close = () => client.close();
		await putPipeline(one, marked("one"));
		await putPipeline(two, marked("two"));
		const defaults: Record<string, string | undefined> = {
			a: one,
			b: two,
			c: one,
			none: "_none",
			plain: undefined,
			".hidden": two,
		};
		for (const [suffix, pipeline] of Object.entries(defaults)) {
			const index = suffix.startsWith(".")
				? `.${base}${suffix}`
				: names(suffix);
			await callOpenSearch("PUT", `/${index}`, {
				settings: {
					number_of_replicas: 0,
					hidden: suffix.startsWith("."),
					...(pipeline && { "search.default_pipeline": pipeline }),
				},
				aliases: suffix === "c" ? { [names("alias")]: {} } : {},
			});
			made.push(`/${index}`);
			await callOpenSearch("PUT", `/${index}/_doc/1?refresh=true`, { t: 1 });
		}
	});
	afterAll(async () => {
		for (const path of made.reverse()) await callOpenSearch("DELETE", path);
		await close();
	});

	async function putPipeline(id: string, definition: object): Promise<void> {
		const path = `/_search/pipeline/${id}`;
		const stored = service.storedForm(JSON.stringify(definition));
		await callOpenSearch("PUT", path, stored);
		made.push(path);
	}

	/** What happened to the first hit of a search. */
	async function seen(path: string, body: object = {}): Promise<unknown> {
		const answer = Object(await callOpenSearch("POST", path, body));
		const [mark] = Object.keys(answer.hits.hits[0]._source);
		return mark === "t" ? undefined : mark;
	}

	async function known(
		search: Parameters<SearchPipelineService["forSearch"]>[0],
	): Promise<unknown> {
		const pipeline = await service.forSearch(search);
		return pipeline?.response[0]?.tag;
	}

	it.each([
		["an index", () => names("a")],
		["indices with the same one", () => names("a", "c")],
		["indices with different ones", () => names("a", "b")],
		["an index beside one without", () => names("plain", "a")],
		["an index that wants none", () => names("none")],
		["an alias", () => names("alias")],
		["a pattern", () => `${base}-c*`],
		["a pattern of several", () => `${base}-*`],
		[
			"a pattern less names",
			() => `${base}-*,-${names("b")},-${names("none")}`,
		],
		["a hidden index", () => `.${base}.hidden`],
		["a pattern of hidden ones", () => `.${base}*`],
		["date math", () => `<${names("a")}>`],
		[
			"a pattern that fits none beside an index",
			() => `x${base}*,${names("a")}`,
		],
	])("is the default of %s", async (_, target) => {
		const expected = await seen(`/${encodeURIComponent(target())}/_search`);
		expect(await known({ target: target() })).toBe(expected);
	});

	it("is not a hidden index's where a pattern does not mean it", async () => {
		const target = `*${base}.h*,${names("a")}`;
		for (const expandWildcards of [undefined, "all", "open,hidden"]) {
			const query = expandWildcards && `?expand_wildcards=${expandWildcards}`;
			const expected = await seen(`/${target}/_search${query ?? ""}`);
			expect(await known({ target, expandWildcards })).toBe(expected);
		}
	});

	it("is that of the indices that there are, where the others don't matter", async () => {
		const target = names("missing", "a");
		const path = `/${target}/_search?ignore_unavailable=true`;
		expect(await seen(path)).toBe("one");
		expect(await known({ target, ignoreUnavailable: "true" })).toBe("one");
		expect(await known({ target })).toBeUndefined();
	});

	it("is that of as many indices as a search names", async () => {
		const many = Array.from({ length: 400 }, () => names("a", "c"));
		expect(await known({ target: many.join(",") })).toBe("one");
		const different = [...many, names("b")].join(",");
		expect(await known({ target: different })).toBeUndefined();
	});

	it("is none where one index wants none and another one has one", async () => {
		expect(await known({ target: names("none", "b") })).toBeUndefined();
	});

	it("is none where a search names no index", async () => {
		expect(await known({})).toBeUndefined();
	});

	it("is the one that the search names: the URL before the body", async () => {
		const target = names("b");
		const path = `/${target}/_search`;
		expect(await seen(path, { search_pipeline: one })).toBe("one");
		expect(await known({ target, inBody: one })).toBe("one");
		const body = { search_pipeline: one };
		expect(await seen(`${path}?search_pipeline=_none`, body)).toBeUndefined();
		const parameter = "_none";
		expect(await known({ target, parameter, inBody: one })).toBeUndefined();
	});

	it("is the one in the body, without what OpenSearch does not know", async () => {
		const target = names("b");
		const inBody = marked("inline");
		expect(await known({ target, inBody })).toBe("inline");
		const sent = service.clusterForm(JSON.stringify(inBody));
		const search_pipeline = JSON.parse(sent ?? "");
		expect(await seen(`/${target}/_search`, { search_pipeline })).toBe(
			"inline",
		);
	});

	it("is that of the indices of a point in time", async () => {
		for (const target of [names("a"), names("a", "b"), names("alias")]) {
			const path = `/${target}/_search/point_in_time?keep_alive=1m`;
			const id = textAt(await callOpenSearch("POST", path), "pit_id");
			const expected = await seen("/_search", { pit: { id } });
			expect(await known({ target: indicesOfPointInTime(id) })).toBe(expected);
			await callOpenSearch("DELETE", "/_search/point_in_time", {
				pit_id: [id],
			});
		}
	});
});
