import {
	afterAll,
	afterEach,
	beforeAll,
	describe,
	expect,
	inject,
	it,
} from "vitest";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import {
	miniLmMeta,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

const groups = "/_plugins/_ml/model_groups";
const models = "/_plugins/_ml/models";
const { int8 } = inject("minilm");
let sidecar: TestSidecar;
let other: TestSidecar;
const madeModels: string[] = [];
const madeGroups: string[] = [];

beforeAll(async () => {
	sidecar = await startSidecar();
	other = await startSidecar();
});
afterEach(async () => {
	for (const id of madeModels.splice(0))
		await sidecar.call("DELETE", `${models}/${id}`);
	for (const id of madeGroups.splice(0))
		await sidecar.call("DELETE", `${groups}/${id}`);
});
afterAll(async () => {
	await other.close();
	await sidecar.close();
});

async function registerGroup(body: unknown, by = sidecar): Promise<string> {
	const answer = await by.call("POST", `${groups}/_register`, body);
	expect(answer.json).toMatchObject({ status: "CREATED" });
	const id = textAt(answer.json, "model_group_id");
	madeGroups.push(id);
	return id;
}

async function registerModel(fields: object, by = sidecar): Promise<string> {
	const answer = await by.call("POST", `${models}/_register_meta`, {
		...miniLmMeta(int8),
		...fields,
	});
	const id = textAt(answer.json, "model_id");
	madeModels.push(id);
	return id;
}

async function group(id: string): Promise<unknown> {
	return (await sidecar.call("GET", `${groups}/${id}`)).json;
}

/** Where a model stands, and notes its group to be deleted. */
async function placeOf(id: string) {
	const { json } = await sidecar.call("GET", `${models}/${id}`);
	const groupId = textAt(json, "model_group_id");
	if (!madeGroups.includes(groupId)) madeGroups.push(groupId);
	return { groupId, version: textAt(json, "model_version") };
}

function reason({ json }: { json: unknown }): string {
	return textAt(json, "error", "reason");
}

describe("a model group", () => {
	it("is registered, shown, changed and deleted as in ml-commons", async () => {
		const name = uniqueName("group");
		const id = await registerGroup({ name, description: "d", unknown: [1] });
		expect(await group(id)).toEqual({
			name,
			latest_version: 0,
			description: "d",
			access: "public",
			created_time: expect.any(Number),
			last_updated_time: expect.any(Number),
		});
		const renamed = uniqueName("group");
		const update = await other.call("PUT", `${groups}/${id}`, {
			name: renamed,
		});
		expect(update.json).toEqual({ status: "Updated" });
		expect(await group(id)).toMatchObject({ name: renamed, description: "d" });
		const deleted = await other.call("DELETE", `${groups}/${id}`);
		expect(deleted.json).toMatchObject({ _id: id, result: "deleted" });
		for (const method of ["GET", "DELETE", "PUT"]) {
			const gone = await sidecar.call(
				method,
				`${groups}/${id}`,
				method === "PUT" ? { name } : undefined,
			);
			expect([gone.status, reason(gone)]).toEqual([
				404,
				`Failed to find model group with the provided model group id: ${id}`,
			]);
		}
	});

	it.each([
		[undefined, "Model group request has empty body"],
		[{}, "model group name must not be null"],
		[
			{ name: " " },
			"Validation Failed: 1: Model group name is required and cannot be null or blank;",
		],
		[
			{ name: "a", access_mode: "public" },
			"You cannot specify model access control parameters because the Security plugin or model access control is disabled on your cluster.",
		],
		[
			{ name: "a", backend_roles: ["a"] },
			"You cannot specify model access control parameters because the Security plugin or model access control is disabled on your cluster.",
		],
		[
			{ name: "a", add_all_backend_roles: false },
			"You cannot specify model access control parameters because the Security plugin or model access control is disabled on your cluster.",
		],
	])("is not registered with %j", async (body, why) => {
		const answer = await sidecar.call("POST", `${groups}/_register`, body);
		expect([answer.status, reason(answer)]).toEqual([400, why]);
	});

	it("has its name alone, whichever sidecars are asked for it at the same moment", async () => {
		const name = uniqueName("race");
		const answers = await Promise.all(
			Array.from({ length: 12 }, (_, index) =>
				(index % 2 ? sidecar : other).call("POST", `${groups}/_register`, {
					name,
				}),
			),
		);
		const made = answers.filter(({ status }) => status === 200);
		expect(made).toHaveLength(1);
		const id = textAt(made[0]?.json, "model_group_id");
		madeGroups.push(id);
		for (const answer of answers.filter(({ status }) => status !== 200))
			expect(reason(answer)).toBe(
				`The name you provided is already being used by a model group with ID: ${id}.`,
			);
	});

	it("has its name alone when several are renamed to it at the same moment", async () => {
		const ids = await Promise.all(
			[1, 2, 3, 4].map(() => registerGroup({ name: uniqueName("before") })),
		);
		const name = uniqueName("wanted");
		const answers = await Promise.all(
			ids.map((id, index) =>
				(index % 2 ? sidecar : other).call("PUT", `${groups}/${id}`, { name }),
			),
		);
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
		const named = (await Promise.all(ids.map(group))).filter(
			(shown) => textAt(shown, "name") === name,
		);
		expect(named).toHaveLength(1);
	});

	it("frees its name when it is renamed or deleted, and keeps it when it is renamed to itself", async () => {
		const name = uniqueName("name");
		const id = await registerGroup({ name });
		const same = await sidecar.call("PUT", `${groups}/${id}`, {
			name,
			description: "x",
		});
		expect(same.status).toBe(200);
		await sidecar.call("PUT", `${groups}/${id}`, { name: uniqueName("next") });
		const second = await registerGroup({ name }, other);
		const taken = await sidecar.call("PUT", `${groups}/${id}`, { name });
		expect([taken.status, reason(taken)]).toEqual([
			400,
			`The name you provided is already being used by another model with ID: ${second}. Please provide a different name`,
		]);
		await sidecar.call("DELETE", `${groups}/${second}`);
		await registerGroup({ name });
	});

	it("gets a name again that a sidecar claimed before it was killed", async () => {
		const name = uniqueName("orphan");
		const id = await registerGroup({ name });
		// What is left where a sidecar ends between the claim and the group.
		await callOpenSearch(
			"DELETE",
			`/.ml-sidecar-model-group/_doc/${id}?refresh=true`,
		);
		const soon = await sidecar.call("POST", `${groups}/_register`, { name });
		expect(soon.status).toBe(400);
		await callOpenSearch(
			"POST",
			"/.ml-sidecar-group-name/_update_by_query?refresh=true&conflicts=proceed",
			{
				query: { term: { group_id: id } },
				script: "ctx._source.claimed_time -= 60000",
			},
		);
		await registerGroup({ name });
	});
});

describe("a model's version", () => {
	it("is the next one of the group of its own name, which is made at first", async () => {
		const name = uniqueName("model");
		const first = await placeOf(
			await registerModel({ name, description: "of it", model_group_id: "" }),
		);
		const second = await placeOf(await registerModel({ name }, other));
		expect([first.version, second.version]).toEqual(["1", "2"]);
		expect(second.groupId).toBe(first.groupId);
		expect(await group(first.groupId)).toMatchObject({
			name,
			description: "of it",
			latest_version: 2,
		});
	});

	it("is nobody else's, whichever sidecars register at the same moment", async () => {
		const name = uniqueName("model");
		const ids = await Promise.all(
			Array.from({ length: 10 }, (_, index) =>
				registerModel({ name }, index % 2 ? sidecar : other),
			),
		);
		const places = await Promise.all(ids.map(placeOf));
		expect(new Set(places.map(({ groupId }) => groupId)).size).toBe(1);
		expect(
			places.map(({ version }) => Number(version)).sort((a, b) => a - b),
		).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
	});

	it("counts in the group that is named, and in no other", async () => {
		const id = await registerGroup({ name: uniqueName("group") });
		const name = uniqueName("model");
		const model = await registerModel({ name, model_group_id: id });
		expect(await placeOf(model)).toEqual({ groupId: id, version: "1" });
		const refused = await sidecar.call("DELETE", `${groups}/${id}`);
		expect([refused.status, reason(refused)]).toEqual([
			409,
			"Cannot delete the model group when it has associated model versions",
		]);
		await sidecar.call("DELETE", `${models}/${model}`);
		expect(await group(id)).toMatchObject({ latest_version: 1 });
		expect((await sidecar.call("DELETE", `${groups}/${id}`)).status).toBe(200);
	});

	it("is not counted where the registration is refused", async () => {
		const id = await registerGroup({ name: uniqueName("group") });
		for (const [fields, status] of [
			[{ model_group_id: id, model_format: "x" }, 400],
			[{ model_group_id: id, access_mode: "public" }, 400],
			[{ model_group_id: id, rate_limiter: { limit: "x" } }, 400],
			[{ model_group_id: "nope" }, 404],
		] as const) {
			const answer = await sidecar.call("POST", `${models}/_register_meta`, {
				...miniLmMeta(int8),
				...fields,
			});
			expect(answer.status).toBe(status);
		}
		expect(await group(id)).toMatchObject({ latest_version: 0 });
	});
});
