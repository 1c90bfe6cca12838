import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Type } from "typebox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notProvided } from "../../sidecar/routes/not-provided.ts";
import { oldNames } from "../../sidecar/routes/old-names.ts";
import { readFixture } from "../helpers/fixture.ts";
import { rawCall } from "../helpers/raw-call.ts";
import { startSidecar, type TestSidecar } from "../helpers/sidecar.ts";

const Texts = Type.Record(Type.String(), Type.String());
const recorded = readFixture(
	"ml-commons/http-surface.json",
	Type.Object({
		routes: Type.Array(
			Type.Object({ path: Type.String(), methods: Type.String() }),
		),
		calls: Type.Array(
			Type.Object({
				method: Type.String(),
				path: Type.String(),
				headers: Type.Optional(Texts),
				answer: Type.Object({
					status: Type.Number(),
					headers: Texts,
					body: Type.String(),
				}),
			}),
		),
	}),
);

interface Route {
	method: string;
	path: string;
}

const named = ({ method, path }: Route) => `${method} ${path}`;
const routesOf = (methods: string, path: string): Route[] =>
	methods.split(",").map((method) => ({ method, path }));

/** The rows of the README's table: routes, and what is said of them. */
const rows = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8")
	.split("### Every route of ml-commons")[1]
	?.split("\n## ")[0]
	?.split("\n")
	.filter((line) => line.startsWith("| `"))
	.map((line) => {
		const [, routes = "", here = ""] =
			line
				.split(" | ", 2)
				.join(" | ")
				.match(/^\| (.*) \| (.*?)(?: \|)?$/) ?? [];
		return {
			here,
			routes: [...routes.matchAll(/`([A-Z,]+) (\/[^`]*)`/g)].flatMap(
				([, methods = "", path = ""]) => routesOf(methods, path),
			),
		};
	});

/** A path as a client calls it. */
const called = (path: string) =>
	`/_plugins/_ml${path.replaceAll(/\{\w+\}/g, "x")}`;
/** A path of the table as a route is declared. */
const declared = (path: string) =>
	`/_plugins/_ml${path.replaceAll(/\{(\w+)\}/g, ":$1")}`;

let sidecar: TestSidecar;

beforeAll(async () => {
	// Nothing that is asked here goes on to an OpenSearch.
	sidecar = await startSidecar(
		{ OPENSEARCH_URL: "http://127.0.0.1:9", SIDECAR_SECURITY: "off" },
		{ joins: false },
	);
});

afterAll(() => sidecar.close());

async function allowed(path: string): Promise<string[]> {
	const { headers } = await rawCall(sidecar.url, {
		method: "OPTIONS",
		path: called(path),
	});
	return (headers.allow ?? "").split(",").filter((method) => method !== "");
}

describe("the README's table of routes", () => {
	it("has every route of ml-commons, and no other", () => {
		const table = rows?.flatMap(({ routes }) => routes.map(named));
		expect(table?.toSorted()).toEqual(
			recorded.routes
				.flatMap(({ methods, path }) => routesOf(methods, path).map(named))
				.sort(),
		);
	});

	it("says of each what the sidecar does", async () => {
		const provided = rows?.filter(({ here }) => here.startsWith("yes")) ?? [];
		expect(provided.length).toBeGreaterThan(5);
		const missing: string[] = [];
		for (const route of provided.flatMap(({ routes }) => routes)) {
			const there = (await allowed(route.path)).includes(route.method);
			if (!there) missing.push(named(route));
		}
		expect(missing).toEqual([]);
	});

	it("gives the reason of what is refused", () => {
		const refused = rows?.flatMap(({ here, routes }) =>
			here.startsWith("refused: ")
				? routes.map(({ method, path }) => ({
						route: `${method} ${declared(path)}`,
						reason: here.slice("refused: ".length),
					}))
				: [],
		);
		expect(refused).toEqual(
			notProvided.flatMap(({ methods, url, reason }) =>
				methods.map((method) => ({ route: `${method} ${url}`, reason })),
			),
		);
	});
});

describe("the model API", () => {
	it("refuses what it does not provide with the route and the reason, whatever the body", async () => {
		for (const { methods, url, reason } of notProvided)
			for (const method of methods) {
				const path = url.replaceAll(/:\w+/g, "x");
				const { status, json } = await sidecar.call(
					method,
					path,
					method === "GET" ? undefined : "{no JSON",
				);
				const route = url.replaceAll(/:(\w+)/g, "{$1}");
				const text = `[${method} ${route}] is not provided by the sidecar: ${reason}`;
				const cause = { type: "illegal_argument_exception", reason: text };
				expect({ status, json }).toEqual({
					status: 400,
					json: { error: { root_cause: [cause], ...cause }, status: 400 },
				});
			}
	});

	it.each(recorded.calls)(
		"answers as ml-commons does: $method $path",
		async ({ answer, ...call }) => {
			expect(await rawCall(sidecar.url, call)).toEqual(answer);
		},
	);

	it("takes a route with slashes at its end", async () => {
		for (const end of ["", "/", "//"]) {
			const path = `/_plugins/_ml/models/_undeploy${end}`;
			const { text } = await sidecar.call("POST", path, {});
			expect(text).toContain("Must set specific model ids to undeploy");
		}
	});

	it("keeps methods that OpenSearch does not know to itself", async () => {
		for (const path of ["/_plugins/_ml/models/x", "/_plugins/_ml/nothing"])
			expect(
				await rawCall(sidecar.url, { method: "PROPFIND", path }),
			).toMatchObject({
				status: 405,
				body: '{"error":"Unexpected HTTP method","status":405}',
			});
	});

	it("names the route that an old name stands for", async () => {
		const { headers } = await sidecar.call(
			"POST",
			"/_plugins/_ml/models/x/_unload?foo",
		);
		expect(headers.get("warning")).toBe(
			'299 OpenSearch-3.6.0-unknown "[POST /_plugins/_ml/models/{model_id}/_unload] is deprecated! Use [POST /_plugins/_ml/models/{model_id}/_undeploy] instead."',
		);
		const present = await sidecar.call(
			"POST",
			"/_plugins/_ml/models/x/_undeploy?foo",
		);
		expect(present.headers.get("warning")).toBeNull();
		const table = rows?.flatMap(({ routes }) => routes) ?? [];
		for (const name of [...oldNames.keys(), ...oldNames.values()])
			expect(table.map(({ path }) => declared(path))).toContain(name);
	});

	it("shows a stack trace to who asks, and no folder of the machine in it", async () => {
		const path = "/_plugins/_ml/models/_undeploy";
		const { json } = await sidecar.call("POST", `${path}?error_trace`, {});
		const stack_trace = expect.stringMatching(
			/^SidecarError\[Must set specific model ids to undeploy\]\n\tat .*sidecar\/services\/\S+:\d+:\d+/,
		);
		expect(json).toMatchObject({
			error: { root_cause: [{ stack_trace }], stack_trace },
		});
		expect(JSON.stringify(json)).not.toContain(process.cwd());
		const without = await sidecar.call("POST", path, {});
		expect(without.text).not.toContain("stack_trace");
	});

	it("keeps from a client what happened where OpenSearch can't be reached", async () => {
		const { status, text } = await sidecar.call(
			"GET",
			"/_plugins/_ml/models/x?error_trace",
		);
		expect(status).toBeGreaterThanOrEqual(500);
		expect(text).not.toContain("stack_trace");
	});

	it("answers in the form that was asked for also to callers it can't identify", async () => {
		const unsure = await startSidecar(
			{ OPENSEARCH_URL: "http://127.0.0.1:9", SIDECAR_SECURITY: "auto" },
			{ joins: false },
		);
		try {
			const call = (query: string) =>
				rawCall(unsure.url, {
					method: "GET",
					path: `/_plugins/_ml/models/x?${query}`,
					headers: { "x-opaque-id": "mine" },
				});
			expect(await call("format=yaml")).toMatchObject({
				status: 503,
				headers: { "content-type": "application/yaml", "x-opaque-id": "mine" },
				body: expect.stringMatching(/^---\nerror:\n/),
			});
			expect(JSON.parse((await call("pretty=maybe")).body).status).toBe(503);
		} finally {
			await unsure.close();
		}
	});
});
