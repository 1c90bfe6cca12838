import type {
	UpdateBody,
	Version,
} from "../../../ingest/updates/update-body.ts";
import { rawMembers } from "../../search/raw-json.ts";
import type { ClientCall } from "./client-call.ts";

/** The document that an update is for. */
export interface StoredDocument extends Version {
	/** JSON text. */
	source: string;
	version: number;
}

/** What is read, and in whose name. */
export interface StoredDocumentOptions {
	call: ClientCall;
	/** Path and query of the update, percent-encoded: it is made there, and changes nothing. */
	url: string;
	/** The update that the client sent. */
	update: UpdateBody;
}

/**
 * Reads a document as an update reads it, by an update without a change: whoever may update a document may do so, the
 * newest version is there, and an alias means the index that is written to.
 *
 * @returns `missing` where there is none; undefined where OpenSearch refuses: it will refuse the update itself likewise
 * @throws SidecarError where there is no answer
 */
export async function readForUpdate({
	call,
	url,
	update,
}: StoredDocumentOptions): Promise<StoredDocument | "missing" | undefined> {
	const { status, body } = await call({
		method: "POST",
		url,
		body: update.with({ doc: "{}" }, { shown: "true" }),
	});
	if (status === 404)
		return errorTypeIn(body) === "document_missing_exception"
			? "missing"
			: undefined;
	if (status !== 200) return undefined;
	const answer = rawMembers(body);
	const source = rawMembers(answer.get("get") ?? "{}").get("_source");
	if (source === undefined) return undefined;
	return {
		source,
		version: Number(answer.get("_version")),
		seqNo: Number(answer.get("_seq_no")),
		primaryTerm: Number(answer.get("_primary_term")),
	};
}

function errorTypeIn(body: string): unknown {
	const error = rawMembers(body).get("error");
	return error?.startsWith("{")
		? parsed(rawMembers(error).get("type"))
		: undefined;
}

function parsed(json: string | undefined): unknown {
	return json === undefined ? undefined : JSON.parse(json);
}
