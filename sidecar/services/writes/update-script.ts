import { members, parseObject } from "../../../ingest/json-tree.ts";
import { rawElements, rawMembers } from "../../search/raw-json.ts";
import type { ClientCall } from "./client-call.ts";

/** What an update's script sees of the document. */
export interface ScriptContext {
	index: string;
	id: string;
	/** JSON text. */
	source: string;
	/** `create` where it runs on a document to be made: it then sees nothing but the source. */
	operation: "index" | "create";
	version: number;
	routing: string | undefined;
	/** Milliseconds since 1970. */
	now: number;
}

/** What a script leaves. */
export interface ScriptResult {
	/** The document as JSON text. */
	source: string;
	/** What is to be done with it: `index` or `create`; anything else is OpenSearch's to decide. */
	operation: string;
}

/** What is known of a script; an ingest processor's options besides these have nothing to do with it. */
const scriptOptions: ReadonlySet<string> = new Set([
	"source",
	"id",
	"lang",
	"params",
]);

/** Puts what was computed in the place of a document, if that is still what it was computed for. */
const replacement =
	"if (ctx.op != params.op) { throw new IllegalStateException(params.conflict) } ctx._source = params.source";

/** What {@link replacingScript} says of a document that is there, or not there, against what was expected. */
export const replacedTooLate =
	"the document was made or deleted while its update was being prepared";

/**
 * Runs an update's script on a document, in OpenSearch, without writing anything. The `ctx` of a `script` processor has the
 * members that an update's has, if the document's fields are called `_source`, `op` and `_now`.
 *
 * @param script as JSON text
 * @returns why it can't be run there, where it can't
 */
export async function tryScript(
	script: string,
	context: ScriptContext,
	call: ClientCall,
): Promise<ScriptResult | { failure: string }> {
	if (!isPlain(script))
		return { failure: "the script has options that are not known" };
	const { status, body } = await call({
		method: "POST",
		url: "/_ingest/pipeline/_simulate",
		body: `{"pipeline":{"processors":[{"script":${script}}]},"docs":[${simulated(context)}]}`,
	});
	const answer = rawMembers(body);
	const [result = "{}"] = rawElements(answer.get("docs"));
	const { doc, error = answer.get("error") } = Object.fromEntries(
		rawMembers(result),
	);
	if (doc === undefined)
		return { failure: reasonIn(error) ?? `OpenSearch answered ${status}` };
	const left = rawMembers(rawMembers(doc).get("_source") ?? "{}");
	const source = left.get("_source");
	if (!source?.startsWith("{"))
		return { failure: "the script leaves no object in [ctx._source]" };
	return { source, operation: String(parsed(left.get("op"))) };
}

/** The script, as JSON text, that makes a document what was computed for it. */
export function replacingScript(
	source: string,
	operation: ScriptContext["operation"],
): string {
	const conflict = JSON.stringify(replacedTooLate);
	return `{"source":${JSON.stringify(replacement)},"lang":"painless","params":{"op":"${operation}","conflict":${conflict},"source":${source}}}`;
}

function isPlain(script: string): boolean {
	const root = parseObject(script, { allowComments: false });
	return (
		root === undefined ||
		members(root).every(({ name }) => scriptOptions.has(name))
	);
}

function simulated({
	source,
	operation,
	now,
	...place
}: ScriptContext): string {
	const { index, id, routing, version } = place;
	const metadata = {
		_index: index,
		_id: id,
		_version: version,
		...(routing !== undefined && { _routing: routing }),
	};
	const document = `{"op":"${operation}","_now":${now},"_source":${source}}`;
	return `${JSON.stringify(metadata).slice(0, -1)},"_source":${document}}`;
}

function reasonIn(error: string | undefined): string | undefined {
	if (!error?.startsWith("{")) return undefined;
	const reason = parsed(rawMembers(error).get("reason"));
	return typeof reason === "string" ? reason : undefined;
}

function parsed(json: string | undefined): unknown {
	return json === undefined ? undefined : JSON.parse(json);
}
