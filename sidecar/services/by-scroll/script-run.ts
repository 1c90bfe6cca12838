import { RefusedCall, SidecarError } from "../../errors.ts";
import {
	parsedValue,
	type RawMembers,
	rawElements,
	rawMembers,
} from "../../search/raw-json.ts";
import type { ClientCall } from "../writes/client-call.ts";
import type { Hit } from "./scroll-pages.ts";

/** What is to be done with a document. */
export interface Scripted {
	operation: "index" | "noop" | "delete";
	hit: Hit;
	/** The index that the script has put in the place of the one that the document was found in. */
	movedTo: string | undefined;
}

export interface ScriptRunOptions {
	call: ClientCall;
	/** As JSON. */
	script: string;
	/** Whether it may change which document is written, and where to. */
	mayMove: boolean;
	/** Whether the document has a version that is written. */
	isVersioned: boolean;
}

/**
 * What a reindex's script sees as `ctx` and an ingest pipeline's script does not: there a document's fields are members of
 * `ctx` themselves. So a document whose fields are called `_source` and `op` stands for it.
 */
const fields = { source: "_source", operation: "op" } as const;

/** A page goes in parts, of so many documents or characters at most, unless a document has more: each is repeated in an answer. */
const documentsAtOnce = 100;
const charactersAtOnce = 4 * 1024 * 1024;

/**
 * Runs a script on documents, in OpenSearch.
 *
 * @throws RefusedCall where it fails, with the error that a reindex would have ended with; SidecarError
 */
export async function runScript(
	hits: readonly Hit[],
	options: ScriptRunOptions,
): Promise<Scripted[]> {
	const scripted: Scripted[] = [];
	for (const part of parts(hits))
		scripted.push(...(await runOnce(part, options)));
	return scripted;
}

function* parts(hits: readonly Hit[]): Generator<Hit[]> {
	let part: Hit[] = [];
	let characters = 0;
	for (const hit of hits) {
		const { length } = hit.source;
		const isFull =
			part.length >= documentsAtOnce || characters + length > charactersAtOnce;
		if (isFull && part.length > 0) {
			yield part;
			part = [];
			characters = 0;
		}
		part.push(hit);
		characters += length;
	}
	if (part.length > 0) yield part;
}

async function runOnce(
	hits: readonly Hit[],
	options: ScriptRunOptions,
): Promise<Scripted[]> {
	const { call, script } = options;
	const answer = await call({
		method: "POST",
		url: "/_ingest/pipeline/_simulate",
		body: `{"pipeline":{"processors":[{"script":${script}}]},"docs":[${hits.map(toSimulated).join(",")}]}`,
	});
	if (answer.status !== 200) throw new RefusedCall(answer);
	const results = rawElements(rawMembers(answer.body).get("docs"));
	return hits.map((hit, index) => {
		const result = rawMembers(results[index] ?? "{}");
		const error = result.get("error");
		if (error !== undefined) throw refused(error);
		return readResult(rawMembers(result.get("doc") ?? "{}"), hit, options);
	});
}

function toSimulated({ index, id, routing, version, source }: Hit): string {
	const metadata = {
		_index: index,
		_id: id,
		_version: version,
		...(routing !== undefined && { _routing: routing }),
	};
	const document = `{"${fields.operation}":"index","${fields.source}":${source}}`;
	return `${JSON.stringify(metadata).slice(0, -1)},"_source":${document}}`;
}

function readResult(
	result: RawMembers,
	hit: Hit,
	{ mayMove, isVersioned }: ScriptRunOptions,
): Scripted {
	const context = rawMembers(result.get("_source") ?? "{}");
	const operation = operationIn(context);
	const added = [...context.keys()].filter(
		(name) => name !== fields.source && name !== fields.operation,
	);
	if (added.length > 0)
		throw new SidecarError(
			"bad_request",
			`Invalid fields added to context [${added.join(",")}]`,
		);
	const source = context.get(fields.source);
	if (!source?.startsWith("{"))
		throw new SidecarError(
			"bad_request",
			"the script leaves no object in [ctx._source]",
		);
	const moved: Hit = {
		...hit,
		index: nameIn(result, "_index") ?? "",
		id: nameIn(result, "_id") ?? "",
		routing: nameIn(result, "_routing"),
		version: Number(nameIn(result, "_version") ?? -1),
		source,
	};
	if (!mayMove) refuseMoves(hit, moved);
	if (moved.index === "")
		throw new SidecarError("bad_request", "the script leaves no [ctx._index]");
	if (!isVersioned && moved.version >= 0 && moved.version !== hit.version)
		throw new SidecarError(
			"bad_fields",
			"Validation Failed: 1: internal versioning can not be used for optimistic concurrency control. Please use `if_seq_no` and `if_primary_term` instead;",
		);
	const movedTo = moved.index === hit.index ? undefined : moved.index;
	return { operation, hit: moved, movedTo };
}

function operationIn(context: RawMembers): Scripted["operation"] {
	const operation = parsedValue(context.get(fields.operation));
	if (operation === "index" || operation === "noop" || operation === "delete")
		return operation;
	throw new SidecarError(
		"bad_request",
		operation === null || operation === undefined
			? "Script cleared operation type"
			: `Operation type [${String(operation)}] not allowed, only [noop, index, delete] are allowed`,
	);
}

/** A script may put numbers where names are to be. */
function nameIn(result: RawMembers, name: string): string | undefined {
	const value = parsedValue(result.get(name));
	return value === undefined || value === null ? undefined : String(value);
}

function refuseMoves(hit: Hit, moved: Hit): void {
	const names = ["index", "id", "routing", "version"] as const;
	const changed = names.find((name) => moved[name] !== hit[name]);
	if (changed !== undefined)
		throw new SidecarError(
			"bad_request",
			`Modifying [_${changed}] not allowed`,
		);
}

/** An error within an answer, as an answer of its own. */
function refused(error: string): RefusedCall {
	return new RefusedCall({
		status: 400,
		body: `{"error":${error},"status":400}`,
	});
}
