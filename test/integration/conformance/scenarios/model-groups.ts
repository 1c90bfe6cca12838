import { type Call, get, post, put, remove, type Topic } from "../call.ts";
import { groups, models, registered, tinyMeta } from "../preparations.ts";

function register(name: string, body: unknown): Call {
	return post(name, `${groups}/_register`, body === undefined ? {} : { body });
}

function update(name: string, body: unknown): Call {
	return put(
		`update: ${name}`,
		`${groups}/{group_id}`,
		body === undefined ? {} : { body },
	);
}

const seen = (name: string) => get(name, `${groups}/{group_id}`);

function member(name: string, id: string, group?: string): Call {
	return post(name, `${models}/_register_meta`, {
		body: tinyMeta({ name: "member", ...(group && { model_group_id: group }) }),
		binds: { [id]: "model_id" },
	});
}

/** Groups, and how they count the versions of their models. */
export const modelGroupsTopic: Topic = {
	name: "model-groups",
	scenarios: [
		{
			name: "no index yet",
			calls: [
				get("get", `${groups}/unknown`),
				put("update", `${groups}/unknown`, { body: { name: "x" } }),
				remove("delete", `${groups}/unknown`),
			],
		},
		{
			name: "a group's life",
			calls: [
				{
					...register("register", { name: "group", description: "of models" }),
					binds: { group_id: "model_group_id" },
				},
				seen("get"),
				get("get with a trailing slash", `${groups}/{group_id}/`),
				get("get, unknown", `${groups}/unknown`),
				get("groups without an id", groups),
				register("register the same name", { name: "group" }),
				{
					...register("the same name in upper case", { name: "GROUP" }),
					binds: { upper_id: "model_group_id" },
				},
				register("unknown fields", { name: "more", magic: 1 }),
				register("without a body", undefined),
				register("an empty object", {}),
				register("not JSON", "M1"),
				register("an array", []),
				register("name a number", { name: 7 }),
				register("name empty", { name: "" }),
				register("name null", { name: null }),
				register("access_mode", { name: "a", access_mode: "public" }),
				register("access_mode private", { name: "b", access_mode: "private" }),
				register("unknown access_mode", { name: "c", access_mode: "magic" }),
				register("backend_roles", { name: "d", backend_roles: ["x"] }),
				register("add_all_backend_roles", {
					name: "e",
					add_all_backend_roles: true,
				}),
				update("description", { description: "of good models" }),
				seen("update: description: the group"),
				update("name", { name: "renamed" }),
				update("its own name", { name: "renamed" }),
				update("a name that is taken", { name: "GROUP" }),
				update("an empty object", {}),
				update("unknown fields", { magic: 1 }),
				update("access_mode", { access_mode: "public" }),
				update("name a number", { name: 8 }),
				update("name null", { name: null }),
				update("without a body", undefined),
				update("not JSON", "M1"),
				put("update: unknown", `${groups}/unknown`, { body: { name: "x" } }),
				seen("update: all: the group"),
				remove("delete", `${groups}/{group_id}`),
				seen("get, deleted"),
				remove("delete again", `${groups}/{group_id}`),
				register("register a name that is free again", { name: "renamed" }),
			],
		},
		{
			name: "versions of one name",
			calls: [
				member("first", "first_id"),
				get("first: the model", `${models}/{first_id}`, {
					binds: { group_id: "model_group_id" },
				}),
				member("second", "second_id"),
				get("second: the model", `${models}/{second_id}`),
				seen("the group"),
				remove("delete the group", `${groups}/{group_id}`),
				remove("delete the second", `${models}/{second_id}`),
				seen("the group after the second is gone"),
				member("third", "third_id"),
				get("third: the model", `${models}/{third_id}`),
				register("a group of that name", { name: "member" }),
				remove("delete the first", `${models}/{first_id}`),
				remove("delete the third", `${models}/{third_id}`),
				remove("delete the group without models", `${groups}/{group_id}`),
				member("a model after the group is gone", "fourth_id"),
			],
		},
		{
			name: "models in a group that was named",
			calls: [
				{
					...register("register", { name: "explicit" }),
					binds: { group_id: "model_group_id" },
				},
				seen("without models"),
				member("first", "first_id", "{group_id}"),
				member("second", "second_id", "{group_id}"),
				get("second: the model", `${models}/{second_id}`),
				seen("with models"),
				remove("delete with models", `${groups}/{group_id}`),
				member("in an unknown group", "third_id", "unknown"),
			],
		},
		{
			name: "a model registered with its group's name",
			calls: [
				{
					...register("register", { name: "member", description: "waiting" }),
					binds: { group_id: "model_group_id" },
				},
				member("a model", "model_id"),
				get("the model", `${models}/{model_id}`),
				seen("the group"),
			],
		},
		{
			name: "a model by URL in its group",
			calls: [
				...registered(),
				get("the group", `${groups}/{model_id_group}`),
				get("the model", `${models}/{model_id}`),
			],
		},
	],
};
