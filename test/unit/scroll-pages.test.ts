import { describe, expect, it } from "vitest";
import { SidecarError } from "../../sidecar/errors.ts";
import { ScrollPages } from "../../sidecar/services/by-scroll/scroll-pages.ts";
import { readUpdate } from "../../sidecar/services/by-scroll/update-plan.ts";
import type {
	CallAnswer,
	CallToOpenSearch,
} from "../../sidecar/services/writes/client-call.ts";

const document = { text: "x".repeat(100) };

/** OpenSearch's answer with so many documents. */
function page(size: number): CallAnswer {
	const hits = Array.from({ length: size }, (_, id) => ({
		_index: "a",
		_id: String(id),
		_seq_no: id,
		_primary_term: 1,
		_source: document,
	}));
	const body = {
		_scroll_id: `scroll of ${size}`,
		timed_out: false,
		_shards: { failed: 0 },
		hits: { total: { value: 64 }, hits },
	};
	return { status: 200, body: JSON.stringify(body) };
}

function pagesBy(
	answer: (call: CallToOpenSearch) => CallAnswer,
	pageBytes = 1_000_000,
) {
	const calls: CallToOpenSearch[] = [];
	const waits: number[] = [];
	const plan = readUpdate("a", new Map(), new Map([["scroll_size", "64"]]));
	let retries = 0;
	const pages = new ScrollPages({
		plan,
		search: plan.search,
		slice: { id: 1, max: 3 },
		pageBytes,
		call: async (call) => {
			calls.push(call);
			return answer(call);
		},
		retried: () => {
			retries++;
		},
		wait: async (ms) => {
			waits.push(ms);
		},
	});
	return { pages, calls, waits, retries: () => retries };
}

function sizeIn({ url }: CallToOpenSearch): number {
	return Number(new URL(url, "http://h").searchParams.get("size"));
}

describe("pages of documents", () => {
	it("get smaller until the first fits into the memory it may take", async () => {
		const { pages, calls } = pagesBy((call) => {
			if (call.method === "DELETE") return { status: 200, body: "{}" };
			if (sizeIn(call) > 32)
				throw new SidecarError("upstream_broken", "the answer is too large");
			return page(sizeIn(call));
		}, 2_500);
		const { hits, total } = await pages.open();
		expect([hits.length, total]).toEqual([8, 64]);
		const searches = calls.filter(({ url }) => url.includes("size="));
		expect(searches.map(sizeIn)).toEqual([64, 32, 16, 8]);
		const forgotten = calls.flatMap(({ method, body }) =>
			method === "DELETE" ? [body] : [],
		);
		expect(forgotten).toEqual([
			'{"scroll_id":"scroll of 32"}',
			'{"scroll_id":"scroll of 16"}',
		]);
		expect(searches[0]?.body).toBe(
			'{"sort":["_doc"],"slice":{"id":1,"max":3}}',
		);
	});

	it("of a single document may be of any size", async () => {
		const { pages } = pagesBy((call) => page(sizeIn(call)), 1);
		expect((await pages.open()).hits).toHaveLength(1);
	});

	it("are asked for again where OpenSearch has too much to do", async () => {
		let refusals = 3;
		const { pages, waits, retries } = pagesBy((call) =>
			refusals-- > 0 ? { status: 429, body: "{}" } : page(sizeIn(call)),
		);
		await pages.open();
		expect(waits).toEqual([500, 510, 530]);
		expect(retries()).toBe(3);
	});

	it("are not asked for again where an answer was lost: its documents would be passed over", async () => {
		let isFirst = true;
		const { pages, calls } = pagesBy((call) => {
			if (!isFirst) throw new SidecarError("upstream_unavailable", "lost");
			isFirst = false;
			return page(sizeIn(call));
		});
		await pages.open();
		await expect(pages.next(0)).rejects.toThrow("lost");
		expect(calls).toHaveLength(2);
	});

	it("are kept for as long as a slow reindex leaves them lying", async () => {
		const { pages, calls } = pagesBy(() => page(1));
		await pages.open();
		await pages.next(1_500.5);
		expect(calls[1]?.body).toContain('"scroll":"1801501ms"');
	});

	it("end with OpenSearch's own answer where it refuses", async () => {
		const refusal = { status: 404, body: '{"error":{"type":"x"}}' };
		const { pages } = pagesBy(() => refusal);
		await expect(pages.open()).rejects.toMatchObject({ answer: refusal });
	});
});
