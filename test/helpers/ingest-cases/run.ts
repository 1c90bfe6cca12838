import { request } from "undici";
import { isRecord, parsed } from "../../integration/conformance/json.ts";
import { inRequestOrder } from "./bulk-order.ts";
import type { Call, IngestCase } from "./case.ts";
import { lasting, type Names } from "./lasting.ts";

/** A server that cases are run on. */
export interface CaseTarget {
	url: string;
	/** Begins the name of everything that the cases make: lower-case. */
	prefix: string;
	/** Ids of deployed models, by their names in cases. */
	models: Names;
}

export interface IngestTarget extends CaseTarget {
	/** Whether results of a bulk are brought into its items' order. */
	reorders?: boolean;
}

/** A call's answer, without what every run has other. */
export interface CaseAnswer {
	status: number;
	body: unknown;
}

/** What a case leads to. */
export interface Outcome {
	answers: CaseAnswer[];
	/** All the documents of its indices, by index and id. */
	documents: unknown[];
}

/** Makes a case's calls and reads what they leave. @throws Error if a call that only leads up to others fails */
export async function runCase(
	{ calls }: IngestCase,
	target: IngestTarget,
	number: number,
): Promise<Outcome> {
	const names = { id: idOf(target, number), ...target.models };
	const answers: CaseAnswer[] = [];
	for (const call of calls) {
		const { status, body } = await send(call, target, names);
		if (!call.prepares) {
			const items = target.reorders ? inRequestOrder(body, call) : body;
			answers.push({ status, body: lasting(items, names) });
		} else if (status > 299)
			throw new Error(`${call.path}: ${status} ${JSON.stringify(body)}`);
	}
	const writes = calls.some(({ path }) => !path.startsWith("/_ingest"));
	const documents = writes ? await stored(target, names) : [];
	return { answers, documents };
}

/** The name that a case has to itself. */
export function idOf({ prefix }: CaseTarget, number: number): string {
	return `${prefix}-${String(number).padStart(3, "0")}`;
}

/** Removes everything that cases have made; of some kinds there may be nothing. */
export async function removeCases(url: string, prefix: string): Promise<void> {
	for (const path of [
		"/_data_stream/",
		"/_index_template/",
		"/_component_template/",
		"/_template/",
		"/",
		"/_ingest/pipeline/",
		"/_search/pipeline/",
	]) {
		const answer = await request(`${url}${path}${prefix}-*`, {
			method: "DELETE",
		});
		await answer.body.dump();
	}
}

/** Makes a call with what its names stand for. */
export async function send(
	{ method, path, body, type = "application/json" }: Call,
	{ url }: Pick<CaseTarget, "url">,
	names: Names,
): Promise<CaseAnswer> {
	const text = typeof body === "string" ? body : JSON.stringify(body);
	const answer = await request(url + filled(path, names), {
		method,
		headers: { "content-type": type },
		body: text === undefined ? null : filled(text, names),
	});
	return { status: answer.statusCode, body: parsed(await answer.body.text()) };
}

function filled(text: string, names: Names): string {
	return text.replace(
		/<(\w+)>/g,
		(placeholder, name) => names[String(name)] ?? placeholder,
	);
}

async function stored(target: IngestTarget, names: Names): Promise<unknown[]> {
	const all = "/<id>*";
	await send({ method: "POST", path: `${all}/_refresh` }, target, names);
	const path = `${all}/_search?size=1000&version=true`;
	const { body } = await send({ method: "GET", path }, target, names);
	const hits = isRecord(body) && isRecord(body.hits) ? body.hits.hits : [];
	if (!Array.isArray(hits)) throw new Error(JSON.stringify(body));
	return hits
		.map((hit) => {
			if (!isRecord(hit)) throw new Error(JSON.stringify(hit));
			const { _score, ...rest } = hit;
			return lasting(rest, names);
		})
		.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Documents whose ids are made are told apart by their sources. */
function keyOf(document: unknown): string {
	if (!isRecord(document)) return "";
	const { _index, _id, _source } = document;
	const fields = isRecord(_source) ? Object.entries(_source).sort() : [];
	return JSON.stringify([_index, _id, fields]);
}
