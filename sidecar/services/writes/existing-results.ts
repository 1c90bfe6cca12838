import { PreparedDocument } from "../../../ingest/document.ts";
import { isObject } from "../../../ingest/json.ts";
import { elements, member, parseObject } from "../../../ingest/json-tree.ts";
import type { Processor } from "../../../ingest/processors/processor.ts";
import type { Slot } from "../../../ingest/slot.ts";
import type { Step } from "../../../ingest/step.ts";
import { SidecarError } from "../../errors.ts";
import type { ClientCall } from "./client-call.ts";
import type { DocumentToEmbed } from "./document-to-embed.ts";

/** Stored documents, by those that are to take their places. */
export type StoredDocuments = ReadonlyMap<DocumentToEmbed, PreparedDocument>;

const none: StoredDocuments = new Map();

/** Whether a step leaves alone what the stored document has already. */
function skipsExisting({ processor }: Step): boolean {
	return "skipExisting" in processor && processor.skipExisting;
}

/**
 * The stored forms of the documents that have steps with `skip_existing`: one `_mget` for all of them, in the client's
 * name. A document that is not there, or whose index is not, has none.
 *
 * @throws SidecarError where they can't be read
 */
export async function storedDocuments(
	documents: readonly DocumentToEmbed[],
	call: ClientCall,
): Promise<StoredDocuments> {
	const wanted = documents.filter(
		({ index, id, steps }) =>
			index !== undefined && id !== undefined && steps.some(skipsExisting),
	);
	if (wanted.length === 0) return none;
	const docs = wanted.map(({ index, id, routing }) => ({
		_index: index,
		_id: id,
		...(routing !== undefined && { routing }),
	}));
	const { status, body } = await call({
		method: "POST",
		url: "/_mget",
		body: JSON.stringify({ docs }),
	});
	// Who may write and not read has everything embedded.
	if (status === 403) return none;
	const found = elements(
		member(parseObject(body, { allowComments: false }), "docs"),
	);
	if (status !== 200 || found.length !== wanted.length)
		throw new SidecarError(
			"upstream_unavailable",
			`OpenSearch answered ${status} where documents had to be read whose vectors may be there already`,
		);
	const stored = new Map<DocumentToEmbed, PreparedDocument>();
	for (const [at, document] of wanted.entries()) {
		const node = found[at] && member(found[at], "_source");
		const source =
			node &&
			PreparedDocument.parse(
				Buffer.from(body.slice(node.offset, node.offset + node.length)),
			);
		if (source) stored.set(document, source);
	}
	return stored;
}

/**
 * What a stored document holds for a slot, as JSON text: undefined where its texts are others, a list's as a whole, or
 * their results are not there.
 */
export function existingResult(
	step: Step,
	slot: Slot,
	stored: PreparedDocument | undefined,
): string | undefined {
	if (!stored || !skipsExisting(step)) return undefined;
	const finding = stored.find(step);
	if ("failure" in finding) return undefined;
	const same = finding.slots.find(
		({ object, target, texts, list }) =>
			list === slot.list &&
			isSame(object, slot.object) &&
			isSame(target, slot.target) &&
			isSame(texts, slot.texts),
	);
	const json = same && stored.standing(same);
	if (json === undefined) return undefined;
	const value: unknown = JSON.parse(json);
	return hasResults(value) && isOfModel(value, step.processor)
		? json
		: undefined;
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
	return a.length === b.length && a.every((one, at) => one === b[at]);
}

/** What stands beside a `semantic` field says itself by which model it was made. */
function isOfModel(value: unknown, processor: Processor): boolean {
	if (processor.kind !== "semantic_field") return true;
	return (
		isObject(value) &&
		isObject(value.model) &&
		value.model.id === processor.modelId &&
		(processor.chunking ? value.chunks : value.embedding) !== undefined
	);
}

/** A vector, or weights, or a list of them: not `null`, and not what a client left empty. */
function hasResults(value: unknown): boolean {
	return Array.isArray(value)
		? value.length > 0
		: isObject(value) && Object.keys(value).length > 0;
}
