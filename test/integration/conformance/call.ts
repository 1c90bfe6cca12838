/** The bytes of a chunk: as many zeros, or a part of an archive that the run has made. */
export type Bytes =
	| { zeros: number }
	| { archive: string; from?: number; to?: number };

/**
 * One call of a scenario. `{name}` in its path, headers or body stands for what an earlier answer or the run has
 * given: ids, the node's id, archives' addresses and hashes.
 */
export interface Call {
	/** Unique within its scenario. */
	name: string;
	method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "OPTIONS";
	path: string;
	/** JSON, unless it is a text to be sent as it is. */
	body?: unknown;
	/** Sent in place of `body`. */
	bytes?: Bytes;
	/** `content-type: application/json` goes with every call that does not say otherwise. */
	headers?: Readonly<Record<string, string>>;
	/** What the answer gives to later calls: name to the path of a value, as `nodes.0.id`. */
	binds?: Readonly<Record<string, string>>;
	/** Repeats the call until the value at a path of its answer is one of these, for a bounded time. */
	until?: { path: string; is: readonly unknown[] };
	/** Repeats the call until its answer has this status, likewise. */
	untilStatus?: number;
	/** Keeps the body as the text that came, where its layout counts. */
	asText?: boolean;
	/** Only leads up to the calls after it: has to succeed, and is not compared. */
	prepares?: boolean;
}

/** Calls in their order, from a cluster without models, tasks, groups and settings. */
export interface Scenario {
	/** Unique within its topic. */
	name: string;
	calls: readonly Call[];
}

/** Scenarios whose recorded answers share a file. */
export interface Topic {
	name: string;
	scenarios: readonly Scenario[];
}

type Rest = Omit<Call, "name" | "method" | "path">;

export function get(name: string, path: string, rest: Rest = {}): Call {
	return { name, method: "GET", path, ...rest };
}

export function post(name: string, path: string, rest: Rest = {}): Call {
	return { name, method: "POST", path, ...rest };
}

export function put(name: string, path: string, rest: Rest = {}): Call {
	return { name, method: "PUT", path, ...rest };
}

export function remove(name: string, path: string, rest: Rest = {}): Call {
	return { name, method: "DELETE", path, ...rest };
}

/**
 * Calls of routes under their old names. OpenSearch warns of them once for each `X-Opaque-Id`, whatever the route: a
 * header of its own makes each call's answer the same at all times.
 */
export function older(call: Call): Call {
	const id = `old-${call.name.replace(/\W+/g, "-")}`;
	return { ...call, headers: { ...call.headers, "x-opaque-id": id } };
}

/** The same calls as mere preparation. */
export function preparing(calls: readonly Call[]): Call[] {
	return calls.map((call) => ({ ...call, prepares: true }));
}
