import { Type } from "typebox";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { readFixture } from "../helpers/fixture.ts";
import {
	type Answer,
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";

/*
 * What ml-commons 3.6 answered to the same requests. Calls that need no history, and those on a deployed model,
 * are sent to the sidecar; each has to be answered alike, or its difference has a reason here.
 */

const differences: Readonly<Record<string, string>> = {
	"register_meta without a body": "400, not 500: the request is wrong",
	"register_meta not JSON": "the parser's own words",
	"register_meta an array": "the validator's own words",
	"register_meta model_config a string": "the validator's own words",
	"register_meta total_chunks not a number": "the validator's own words",
	"register_meta total_chunks a number in a string":
		"the validator's own words",
	"register_meta total_chunks zero": "refused: a model has a chunk",
	"register_meta name a number": "refused: a name is a string",
	"register_meta unknown model_group_id": "groups are not there yet",
	"upload_chunk to an unknown model": "404, not 500: it is not found",
	"predict not JSON": "the parser's own words",
	"predict text_docs a string": "400, not 500: the request is wrong",
	"predict a null among the texts": "400, not 500: the request is wrong",
	"predict an object among the texts": "400, not 500: the request is wrong",
	"predict parameters that the model does not have": "400, with the reason",
};

const stateless =
	/^(register_meta (?!good)|(get|deploy|predict|undeploy|delete)( model| task)?, unknown|undeploy nothing|upload_chunk to an unknown|predict (?!, not deployed|after|unknown$)|delete model, deployed|deploy, deployed)/;

const recorded = readFixture(
	"ml-commons/model-api.json",
	Type.Object({
		calls: Type.Array(
			Type.Object({
				name: Type.String(),
				request: Type.Object({
					method: Type.String(),
					path: Type.String(),
					body: Type.Optional(Type.Unknown()),
				}),
				status: Type.Integer(),
				contentType: Type.String(),
				body: Type.Unknown(),
			}),
		),
	}),
);
const calls = recorded.calls.filter(({ name }) => stateless.test(name));

let sidecar: TestSidecar;
let model: string;
const registered: string[] = [];

beforeAll(async () => {
	sidecar = await startSidecar();
	model = await deployMiniLm(sidecar, inject("minilm").int8);
});
afterAll(async () => {
	for (const id of [...registered, model]) await removeModel(sidecar, id);
	await sidecar.close();
});

async function replay({ request }: (typeof calls)[number]): Promise<Answer> {
	const path = request.path.replaceAll("{minilm_id}", model);
	return sidecar.call(request.method, path, request.body);
}

/** A body without what is another one's by nature: ids, and numbers of vectors. */
function comparable(body: unknown): unknown {
	return JSON.parse(
		JSON.stringify(body, (key, value: unknown) =>
			["model_id", "task_id"].includes(key)
				? key
				: key === "data" && Array.isArray(value)
					? value.length
					: value,
		),
	);
}

function keep(answer: Answer): void {
	const id =
		typeof answer.json === "object" && answer.json !== null
			? Reflect.get(answer.json, "model_id")
			: undefined;
	if (typeof id === "string") registered.push(id);
}

describe("ml-commons' answers are the sidecar's", () => {
	it("to as many calls as were recorded", () => {
		expect(calls.length).toBeGreaterThan(50);
	});

	it.each(calls.filter(({ name }) => !(name in differences)))(
		"$name",
		async (call) => {
			const answer = await replay(call);
			keep(answer);
			expect(answer.status).toBe(call.status);
			expect(comparable(answer.json)).toEqual(comparable(call.body));
			expect(answer.headers.get("content-type")).toBe(call.contentType);
		},
	);

	it.each(calls.filter(({ name }) => name in differences))(
		"$name differs for a reason, and is no error of the sidecar's",
		async (call) => {
			const answer = await replay(call);
			keep(answer);
			expect(answer.status).toBeLessThan(500);
			expect([answer.status, comparable(answer.json)]).not.toEqual([
				call.status,
				comparable(call.body),
			]);
		},
	);
});
