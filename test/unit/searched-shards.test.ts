import { expect, it } from "vitest";
import { SearchedShards } from "../../sidecar/services/search/searched-shards.ts";
import type { ClientCall } from "../../sidecar/services/writes/client-call.ts";

const none = new Map<string, string>();

/** Somebody who sees some indices, and what was asked in the name of this client. */
function client(indices: Record<string, number>) {
	const asked: string[] = [];
	const call: ClientCall = async ({ url }) => {
		asked.push(url);
		const shards = Object.entries(indices).flatMap(([index, count]) =>
			Array.from({ length: count }, (_, shard) => [{ index, shard }]),
		);
		return { status: 200, body: JSON.stringify({ indices: {}, shards }) };
	};
	return { asked, call };
}

function shardsOfOne() {
	return new SearchedShards({ ttlMs: 1_000, now: () => 0 });
}

it("an index is asked about once, whoever searches it", async () => {
	const shards = shardsOfOne();
	const { asked, call } = client({ books: 2 });
	for (let search = 0; search < 3; search++) {
		const found = await shards.find({
			target: "books",
			parameters: none,
			call,
		});
		expect(found.shards.map(({ number }) => number)).toEqual([0, 1]);
	}
	expect(asked).toEqual(["/books/_search_shards"]);
	shards.forget();
	await shards.find({ target: "books", parameters: none, call });
	expect(asked).toHaveLength(2);
});

it.each(["boo*", "shelf", undefined])(
	"what one client sees of %s is not what another one searches",
	async (target) => {
		const shards = shardsOfOne();
		const few = client({ books: 1 });
		const more = client({ books: 1, secrets: 1 });
		const seen = [few, more, few].map(async ({ call }) => {
			const { severalIndices } = await shards.find({
				target,
				parameters: none,
				call,
			});
			return severalIndices;
		});
		expect(await Promise.all(seen)).toEqual([false, true, false]);
	},
);

it("whoever waits for what a client asked that has left asks for itself", async () => {
	const shards = shardsOfOne();
	const left: ClientCall = () => Promise.reject(new Error("gone"));
	const { asked, call } = client({ books: 2 });
	const [first, second] = await Promise.allSettled(
		[left, call].map((call) =>
			shards.find({ target: "books", parameters: none, call }),
		),
	);
	expect(first?.status).toBe("rejected");
	expect(second).toMatchObject({
		status: "fulfilled",
		value: { index: "books" },
	});
	expect(asked).toHaveLength(1);
});

it("shards come in OpenSearch's order: by number, then by index", async () => {
	const { call } = client({ zoo: 2, books: 2 });
	const { shards } = await shardsOfOne().find({
		target: "zoo,books",
		parameters: none,
		call,
	});
	expect(shards.map(({ index, number }) => `${index} ${number}`)).toEqual([
		"books 0",
		"zoo 0",
		"books 1",
		"zoo 1",
	]);
});

it("where OpenSearch does not say the shards, all that is named is searched as one", async () => {
	const refused: ClientCall = async () => ({ status: 403, body: "{}" });
	const found = await shardsOfOne().find({
		target: "books",
		parameters: none,
		call: refused,
	});
	expect(found.shards).toHaveLength(1);
	// Documents of two indices may then have one id.
	expect(found.severalIndices).toBe(true);
});
