import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	callOpenSearch,
	opensearchUrl,
	uniqueName,
} from "../helpers/opensearch.ts";
import { rawCall } from "../helpers/raw-call.ts";
import { startSidecar, type TestSidecar, textAt } from "../helpers/sidecar.ts";

let sidecar: TestSidecar;
let path: string;
const index = uniqueName("surface");

beforeAll(async () => {
	sidecar = await startSidecar();
	const { json } = await sidecar.call(
		"POST",
		"/_plugins/_ml/models/_register_meta/?pretty",
		{
			name: "a model: with a name",
			version: "1.0.0",
			function_name: "TEXT_EMBEDDING",
			model_format: "ONNX",
			model_content_hash_value: "0".repeat(64),
			model_content_size_in_bytes: 3,
			total_chunks: 1,
			model_config: {
				model_type: "bert",
				embedding_dimension: 384,
				framework_type: "sentence_transformers",
				all_config: '{"a":"\\u00e9 \\"b\\"","c":[]}',
			},
		},
	);
	path = `/_plugins/_ml/models/${textAt(json, "model_id")}`;
});

afterAll(async () => {
	await sidecar.call("DELETE", path);
	await callOpenSearch("DELETE", `/${index}?ignore_unavailable=true`);
	await sidecar.close();
});

describe("an answer of the model API", () => {
	it("looks like the same JSON from OpenSearch itself, in every form", async () => {
		const plain = await sidecar.call("GET", path);
		expect(plain.status).toBe(200);
		await callOpenSearch("PUT", `/${index}`, {
			mappings: { dynamic: false, _meta: plain.json },
		});
		// Name by name: OpenSearch keeps them in an order of its own.
		const values = Object.entries(Object(plain.json)).filter(
			([, value]) => typeof value !== "object",
		);
		expect(values.length).toBeGreaterThan(5);
		for (const [name] of values)
			for (const form of ["pretty", "format=yaml"]) {
				const ours = await sidecar.call(
					"GET",
					`${path}?${form}&filter_path=${name}`,
				);
				const theirs = await fetch(
					`${opensearchUrl()}/${index}/_mapping?${form}&filter_path=${index}.mappings._meta.${name}`,
				);
				expect(lines(ours.text)).toEqual(
					withoutWrapping(lines(await theirs.text()), form),
				);
				expect(ours.headers.get("content-type")).toBe(
					theirs.headers.get("content-type"),
				);
			}
	});

	it("has only what filter_path leaves of it", async () => {
		const ask = async (paths: string) =>
			(await sidecar.call("GET", `${path}?filter_path=${paths}`)).json;
		expect(await ask("model_config.embed*,name")).toEqual({
			name: "a model: with a name",
			model_config: { embedding_dimension: 384 },
		});
		expect(Object.keys(Object(await ask("-model_config,-name")))).toContain(
			"model_state",
		);
		expect(await ask("nothing")).toEqual({});
	});

	it("is an error whole, in the form that was asked for", async () => {
		const gone = "/_plugins/_ml/models/gone";
		const plain = await sidecar.call("GET", gone);
		expect(plain.status).toBe(404);
		const filtered = await sidecar.call("GET", `${gone}?filter_path=status`);
		expect(filtered.text).toBe(plain.text);
		const yaml = await sidecar.call("GET", `${gone}?format=yaml`);
		expect(yaml.status).toBe(404);
		expect(yaml.text).toMatch(/^---\nerror:\n {2}root_cause:\n {2}- type: "/);
	});

	it("is refused before anything is done to who misspells a parameter", async () => {
		const refused = await sidecar.call("DELETE", `${path}?prety`);
		expect(refused.status).toBe(400);
		expect(refused.text).toContain("[prety] -> did you mean [pretty]?");
		const unwritable = await sidecar.call("DELETE", `${path}?format=cbor`);
		expect(unwritable.status).toBe(406);
		expect((await sidecar.call("GET", path)).status).toBe(200);
	});

	it("is there for clients that end paths with a slash and send bodies with a GET", async () => {
		const { status, body } = await rawCall(sidecar.url, {
			method: "GET",
			path: `${path}/?return_content=true`,
			headers: { "content-type": "application/json", "content-length": "0" },
		});
		expect(status).toBe(200);
		expect(JSON.parse(body)).toMatchObject({ name: "a model: with a name" });
	});

	it("carries the client's x-opaque-id, as one from OpenSearch does", async () => {
		for (const asked of [path, "/_plugins/_ml/nothing", "/_cluster/health"]) {
			const { headers } = await rawCall(sidecar.url, {
				method: "GET",
				path: asked,
				headers: { "x-opaque-id": "mine" },
			});
			expect(headers["x-opaque-id"]).toBe("mine");
		}
	});
});

describe("a path beside the model API", () => {
	it.each([
		"/_plugins",
		"/_plugins/_mlx",
		"/_plugins/_knn/stats?foo",
		"/_plugins//_ml/models/x",
		"/_opendistro/_ml/models/x",
		"/_ml/models/x",
	])("is OpenSearch's to answer: %s", async (asked) => {
		const call = { method: "GET", path: asked };
		expect(await rawCall(sidecar.url, call)).toEqual(
			await rawCall(opensearchUrl(), call),
		);
	});
});

/** The lines of a text, wherever they begin. */
function lines(text: string): string[] {
	return text.split("\n").map((line) => line.trimStart());
}

/** Without the three objects around the one that is compared: index, mappings, metadata. */
function withoutWrapping(all: string[], form: string): string[] {
	const first = all.slice(0, 1);
	return form === "pretty"
		? [...first, ...all.slice(4, -5), ...all.slice(-2)]
		: [...first, ...all.slice(4)];
}
