import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import type { Caller } from "../../schemas/caller.ts";
import {
	CallerRefused,
	type Refusal,
	SidecarError,
} from "../../sidecar/errors.ts";
import { CallerService } from "../../sidecar/services/callers.ts";

const refusal: Refusal = {
	status: 401,
	contentType: "text/plain",
	challenge: "Basic",
	body: "Unauthorized",
};

function caller(name: string, ...roles: string[]): Caller {
	const description = `User [name=${name}]`;
	return { name, description, backendRoles: [], roles };
}

/** A cluster that can be told what to answer, and a clock that stands until it is moved. */
function cluster(options: { mode?: "auto" | "off" } = {}) {
	const state = {
		secured: true,
		reachable: true,
		time: 0,
		asked: [] as IncomingHttpHeaders[],
		users: new Map([
			["reader", caller("reader", "ml_read_access")],
			["writer", caller("writer", "ml_full_access")],
		]),
	};
	const reach = () => {
		if (!state.reachable)
			throw new SidecarError("upstream_unavailable", "no connection");
	};
	const callers = new CallerService({
		identities: {
			async isSecured() {
				reach();
				return state.secured;
			},
			async whoIs(headers) {
				state.asked.push(headers);
				reach();
				return state.users.get(headers.authorization ?? "") ?? refusal;
			},
		},
		mode: options.mode ?? "auto",
		cacheMs: 5_000,
		now: () => state.time,
	});
	return { state, callers };
}

const get = "cluster:admin/opensearch/ml/models/get";
const predict = "cluster:admin/opensearch/ml/predict";

describe("who calls a secured cluster's model API", () => {
	it("is asked once by all who ask at the same time, and then not for a while", async () => {
		const { state, callers } = cluster();
		const headers = { authorization: "reader" };
		const names = await Promise.all(
			Array.from({ length: 20 }, () => callers.identify(headers)),
		);
		expect(names.map((found) => found?.name)).toEqual(Array(20).fill("reader"));
		state.time = 4_999;
		await callers.identify(headers);
		expect(state.asked).toHaveLength(1);
		state.time = 5_000;
		await callers.identify(headers);
		expect(state.asked).toHaveLength(2);
	});

	it("is another one for every credential, tenant and proxied user", async () => {
		const { state, callers } = cluster();
		const headers = { authorization: "reader" };
		await callers.identify(headers);
		await callers.identify({ ...headers, securitytenant: "a" });
		await callers.identify({ ...headers, "x-proxy-user": "b" });
		await callers.identify({ ...headers, cookie: "c" });
		expect(state.asked).toHaveLength(4);
		await callers.identify({ ...headers, "user-agent": "d" });
		expect(state.asked).toHaveLength(4);
	});

	it("is found out by headers that identify, and no others", async () => {
		const { state, callers } = cluster();
		const headers = { authorization: "reader", "x-proxy-user": "u" };
		await callers.identify({
			...headers,
			"content-length": "5",
			"transfer-encoding": "chunked",
			"if-none-match": "x",
			host: "elsewhere",
		});
		expect(state.asked).toEqual([headers]);
	});

	it("is refused in OpenSearch's own words, and let in as soon as OpenSearch knows the user", async () => {
		const { state, callers } = cluster();
		const headers = { authorization: "new" };
		const refused = await callers.identify(headers).catch((error) => error);
		expect(refused).toBeInstanceOf(CallerRefused);
		expect(refused.answer).toEqual(refusal);
		state.users.set("new", caller("new"));
		expect((await callers.identify(headers))?.name).toBe("new");
	});

	it("is a thousand of them at most in memory", async () => {
		const { state, callers } = cluster();
		for (let n = 0; n <= 1_000; n++)
			await callers.identify({ authorization: "reader", cookie: `${n}` });
		await callers.identify({ authorization: "reader", cookie: "0" });
		expect(state.asked).toHaveLength(1_002);
	});
});

describe("what a caller may do", () => {
	it("is what the predefined roles say", async () => {
		const { state, callers } = cluster();
		state.users.set("admin", caller("admin", "own_index", "all_access"));
		state.users.set("other", caller("other", "readall", "ml_read_access_2"));
		const allowed = async (authorization: string, action: string) =>
			callers.authorize({ authorization }, action).then(
				() => true,
				(error) => {
					expect(error).toMatchObject({ code: "forbidden" });
					return false;
				},
			);
		expect(await allowed("reader", get)).toBe(true);
		expect(await allowed("reader", predict)).toBe(false);
		for (const user of ["writer", "admin"])
			expect(await allowed(user, predict)).toBe(true);
		for (const action of [get, predict])
			expect(await allowed("other", action)).toBe(false);
	});
});

describe("a cluster that is not reached", () => {
	it("is not taken for one without security", async () => {
		const { state, callers } = cluster();
		state.secured = false;
		state.reachable = false;
		await expect(callers.authorize({}, get)).rejects.toMatchObject({
			code: "upstream_unavailable",
		});
		state.reachable = true;
		expect(await callers.authorize({}, get)).toBeUndefined();
	});

	it("is asked again whether it is secured: who secures it need not restart the sidecar", async () => {
		const { state, callers } = cluster();
		state.secured = false;
		expect(await callers.authorize({}, predict)).toBeUndefined();
		state.secured = true;
		state.time = 60_000;
		await expect(callers.authorize({}, predict)).rejects.toThrow(CallerRefused);
	});

	it("is not asked at all where the check is off", async () => {
		const { state, callers } = cluster({ mode: "off" });
		state.reachable = false;
		expect(await callers.authorize({}, predict)).toBeUndefined();
		expect(state.asked).toEqual([]);
	});
});
