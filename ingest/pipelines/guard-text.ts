import { applyEdits, format, type Node } from "jsonc-parser";
import { isObject } from "../json.ts";
import {
	compact,
	hasDuplicates,
	listRenderer,
	member,
	members,
	nodeValue,
	parseObject,
	type Renderer,
	renderTree,
	unlessTooDeep,
} from "../json-tree.ts";
import { isProcessorName, parseProcessor } from "../processors/processor.ts";
import { refuseMisplaced } from "./embedding-place.ts";
import {
	failureRules,
	isRemoval,
	markOf,
	readGuard,
	renderGuard,
	renderRemovals,
} from "./guard-processor.ts";

/*
 * Guards put into and taken out of a pipeline's text. Everything else of it stays to the byte: numbers beyond a
 * double's precision, the order of keys, escapes, white space, and what OpenSearch has to refuse itself.
 */

type Renderers = Map<Node, Renderer>;

/**
 * The pipeline to store for one that a client wrote; undefined where it holds nothing of the sidecar's and can
 * be stored, or has to be refused, as it is.
 *
 * @param id the pipeline's
 * @param text the body of its PUT
 * @throws InvalidDefinition when a processor's options are not valid, or it stands where it can't be guarded
 */
export function guardPipelineText(
	id: string,
	text: string,
): string | undefined {
	return unlessTooDeep(() => guard(id, withoutGuards(text)));
}

/**
 * The pipelines that clients wrote, out of those that are stored.
 *
 * @param text the body of OpenSearch's answer: pipelines by id; any other text comes back as it is
 */
export function unguardPipelinesText(text: string): string {
	const root = parseObject(text, { allowComments: false });
	if (!root) return text;
	const unguarded = unlessTooDeep(() => {
		const renderers: Renderers = new Map();
		for (const { value } of members(root)) unguard(text, value, renderers);
		return renderTree(text, root, renderers);
	});
	return unguarded ?? text;
}

function guard(id: string, text: string): string | undefined {
	const root = parseObject(text, { allowComments: true });
	const list = member(root, "processors");
	if (!root || list?.type !== "array") return undefined;
	const pipeline = nodeValue(text, root);
	if (isObject(pipeline)) refuseMisplaced(pipeline);
	const processors = list.children ?? [];
	const last = processors.findLastIndex((node) => findOwn(node));
	if (last === -1) return undefined;
	const upToLast = processors.slice(0, last + 1);
	const mark = markOf(
		id,
		upToLast.map((node) => compact(text, node)),
	);
	const renderers: Renderers = new Map();
	const conditions: string[] = [];
	for (const [position, node] of upToLast.entries()) {
		const own = findOwn(node);
		if (!own) continue;
		const { name, options } = own;
		// Within a guard's description OpenSearch would not see them, and so not refuse them.
		if (hasDuplicates(own.node)) return undefined;
		parseProcessor(name, nodeValue(text, options));
		const rules = failureRules.flatMap((name) => {
			const rule = member(options, name);
			return rule ? [[name, compact(text, rule)] as const] : [];
		});
		const condition = member(options, "if");
		if (condition) conditions.push(compact(text, condition));
		const original = compact(text, own.node);
		renderers.set(own.node, () =>
			renderGuard({ mark, original, position }, rules),
		);
	}
	// Nothing behind the last guard looks for the mark: what fails there leaves none in a document that somebody saves.
	const behind = processors[last];
	const checked = renderRemovals(mark, conditions).join(",");
	renderers.set(
		list,
		listRenderer(text, list, { added: checked, ...(behind && { behind }) }),
	);
	const added = renderRemovals(mark).join(",");
	const handlers = member(root, "on_failure");
	if (handlers?.type === "array" && handlers.children?.length)
		renderers.set(handlers, listRenderer(text, handlers, { added }));
	return renderTree(text, root, renderers);
}

/** A processor of the sidecar's among a pipeline's, or inside a `foreach` there. */
function findOwn(
	processor: Node,
): { node: Node; name: string; options: Node } | undefined {
	for (const node of withInner(processor)) {
		const own = members(node).find(({ name }) => isProcessorName(name));
		if (own) return { node, name: own.name, options: own.value };
	}
	return undefined;
}

/** A processor, and what it runs if it is a `foreach`. */
function withInner(processor: Node): Node[] {
	const inner = member(member(processor, "foreach"), "processor");
	return [processor, ...(inner ? withInner(inner) : [])];
}

/** A pipeline that a client copied from the cluster itself: its guards belong to the place it was copied from. */
function withoutGuards(text: string): string {
	const root = parseObject(text, { allowComments: true });
	if (!root) return text;
	const renderers: Renderers = new Map();
	unguard(text, root, renderers);
	return renderTree(text, root, renderers);
}

/** Notes how to render a stored pipeline as the client wrote it. */
function unguard(text: string, pipeline: Node, renderers: Renderers): void {
	const list = member(pipeline, "processors");
	const marks = new Set<string>();
	const processors = list?.type === "array" ? (list.children ?? []) : [];
	for (const node of processors.flatMap(withInner)) {
		const found = readGuard(nodeValue(text, node));
		if (!found) continue;
		marks.add(found.mark);
		renderers.set(node, () => laidOut(found.original, text, node));
	}
	if (marks.size === 0) return;
	for (const part of [list, member(pipeline, "on_failure")]) {
		if (part?.type !== "array") continue;
		const removals = (part.children ?? []).filter((node) => {
			const processor = nodeValue(text, node);
			return [...marks].some((mark) => isRemoval(processor, mark));
		});
		if (removals.length > 0) {
			const without = new Set(removals);
			renderers.set(part, listRenderer(text, part, { without }));
		}
	}
}

/** A processor over several lines where it stands in a text that is. */
function laidOut(original: string, text: string, place: Node): string {
	const lineStart = text.lastIndexOf("\n", place.offset) + 1;
	const indent = text.slice(lineStart, place.offset);
	if (lineStart === 0 || indent.trim() !== "") return original;
	const edits = format(original, undefined, {
		insertSpaces: true,
		tabSize: 2,
		eol: "\n",
	});
	return applyEdits(original, edits).replaceAll("\n", `\n${indent}`);
}
