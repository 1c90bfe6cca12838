import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../helpers/eventually.ts";
import {
	type FaultyOpenSearch,
	onFirst,
	startFaultyOpenSearch,
} from "../helpers/faulty-opensearch.ts";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import { startSidecar, type TestSidecar, textAt } from "../helpers/sidecar.ts";

const models = "/_plugins/_ml/models";
const right = [randomBytes(50_000), randomBytes(20_000)] as const;
const wrong = randomBytes(50_000);
let faulty: FaultyOpenSearch;
let sidecar: TestSidecar;
let id: string;

beforeAll(async () => {
	faulty = await startFaultyOpenSearch();
	sidecar = await startSidecar({ OPENSEARCH_URL: faulty.url });
});
afterEach(async () => {
	faulty.fault = undefined;
	await sidecar.call("DELETE", `${models}/${id}`);
});
afterAll(async () => {
	await sidecar.close();
	faulty.close();
});

/** The metadata of a model of two chunks. */
async function registerMeta(): Promise<void> {
	const { json, text } = await sidecar.call(
		"POST",
		`${models}/_register_meta`,
		{
			name: uniqueName("chunk-uploads"),
			model_format: "ONNX",
			model_content_hash_value: createHash("sha256")
				.update(Buffer.concat(right))
				.digest("hex"),
			total_chunks: right.length,
			model_config: {
				model_type: "bert",
				embedding_dimension: 2,
				framework_type: "sentence_transformers",
			},
		},
	);
	expect(json, text).toHaveProperty("model_id");
	id = textAt(json, "model_id");
}

function upload(number: 0 | 1, bytes: Buffer = right[number]) {
	return sidecar.call("POST", `${models}/${id}/upload_chunk/${number}`, bytes);
}

async function uploaded(number: 0 | 1): Promise<void> {
	const { status, text } = await upload(number);
	expect(status, text).toBe(200);
}

/** A wrong chunk 0 whose client stops in the middle, once the sidecar has begun with it. @returns sends the rest */
async function stalledUpload(): Promise<() => Promise<number>> {
	const looked = onFirst(
		({ method, url }) =>
			method === "GET" && url?.includes(`/_doc/${id}_0`) === true,
		{},
	);
	faulty.fault = looked.fault;
	const sending = request(`${sidecar.url}${models}/${id}/upload_chunk/0`, {
		method: "POST",
		headers: { "content-type": "application/octet-stream" },
	});
	const answered = once(sending, "response");
	sending.write(wrong.subarray(0, 30_000));
	await eventually(async () => looked.seen > 0);
	return async () => {
		sending.end(wrong.subarray(30_000));
		const [answer] = await answered;
		answer.resume();
		return answer.statusCode;
	};
}

/** Holds the answer to the next write of chunk 0. */
function holdAnswer() {
	let goOn = () => {};
	const held = new Promise<void>((resolve) => {
		goOn = resolve;
	});
	const path = `/.ml-sidecar-chunks-small/_doc/${id}_0`;
	const written = onFirst(
		({ method, url }) => method === "PUT" && url?.startsWith(path) === true,
		{ holdsAnswer: () => held },
	);
	faulty.fault = written.fault;
	return { seen: () => written.seen, goOn: () => goOn() };
}

async function state(): Promise<string> {
	const { json } = await sidecar.call("GET", `${models}/${id}`);
	return textAt(json, "model_state");
}

/** The first chunk as it is stored. */
async function firstChunk(): Promise<Buffer> {
	const path = `/.ml-sidecar-chunks-small/_source/${id}_0`;
	return Buffer.from(
		textAt(await callOpenSearch("GET", path), "content"),
		"base64",
	);
}

describe("a chunk that arrives late with another content", () => {
	it("does not replace the content of a model that was registered meanwhile", async () => {
		await registerMeta();
		const finish = await stalledUpload();
		await uploaded(0);
		await uploaded(1);
		expect(await state()).toBe("REGISTERED");
		expect(await finish()).toBe(400);
		expect((await firstChunk()).equals(right[0])).toBe(true);
	});

	it("does not replace one that was uploaded meanwhile", async () => {
		await registerMeta();
		const finish = await stalledUpload();
		await uploaded(0);
		expect(await finish()).toBe(409);
		expect((await firstChunk()).equals(right[0])).toBe(true);
		await uploaded(0);
		await uploaded(1);
		expect(await state()).toBe("REGISTERED");
	});

	it("keeps the model from being registered while it is on its way; the right one can be sent again", async () => {
		await registerMeta();
		await uploaded(0);
		const write = holdAnswer();
		const replacing = upload(0, wrong);
		await eventually(
			async () => write.seen() > 0 && (await firstChunk()).equals(wrong),
		);
		await uploaded(1);
		expect(await state()).toBe("REGISTERING");
		write.goOn();
		expect((await replacing).status).toBe(200);
		expect(await state()).toBe("REGISTERING");
		await uploaded(0);
		expect(await state()).toBe("REGISTERED");
	});

	it("is not noted for a content that has replaced it since", async () => {
		await registerMeta();
		const write = holdAnswer();
		const slow = upload(0, wrong);
		await eventually(async () => write.seen() > 0 && (await hasFirstChunk()));
		await uploaded(0);
		write.goOn();
		expect((await slow).status).toBe(409);
		await uploaded(1);
		expect(await state()).toBe("REGISTERED");
		expect((await firstChunk()).equals(right[0])).toBe(true);
	});
});

async function hasFirstChunk(): Promise<boolean> {
	return firstChunk().then(
		() => true,
		() => false,
	);
}
