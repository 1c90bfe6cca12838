import {
	type Node,
	type ParseError,
	parseTree,
	printParseErrorCode,
} from "jsonc-parser";

/** A member of an object: its name and its value. */
export interface Member {
	readonly name: string;
	readonly value: Node;
	/** Name and value together. */
	readonly node: Node;
}

/**
 * The tree of a JSON object; undefined for any other text, and for one that is nested deeper than the stack (some
 * thousand levels; OpenSearch refuses more than 1,000).
 *
 * @param allowComments OpenSearch accepts comments in a body, but never writes any
 */
export function parseObject(
	text: string,
	{ allowComments }: { allowComments: boolean },
): Node | undefined {
	const errors: ParseError[] = [];
	const root = unlessTooDeep(() =>
		parseTree(text, errors, { disallowComments: !allowComments }),
	);
	return errors.length === 0 && root?.type === "object" ? root : undefined;
}

/**
 * The tree of the JSON value that a text begins with, as OpenSearch takes it: with comments, and with anything behind the
 * value. Undefined where it is not JSON all the same, or nested deeper than the stack.
 */
export function parseLeading(text: string): Node | undefined {
	const errors: ParseError[] = [];
	const root = unlessTooDeep(() =>
		parseTree(text, errors, { disallowComments: false }),
	);
	if (!root) return undefined;
	const end = endOf(root);
	const isClosed = !errors.some(({ error }) =>
		/^Close/.test(printParseErrorCode(error)),
	);
	return isClosed && errors.every(({ offset }) => offset >= end)
		? root
		: undefined;
}

/** As deep as OpenSearch reads JSON. */
const maxDepth = 1_000;

/** Whether a tree is deeper than OpenSearch reads JSON: no recursion over another one ends at the stack's end. */
export function isTooDeep(root: Node): boolean {
	let level: readonly Node[] = [root];
	for (let depth = 1; level.length > 0; depth++) {
		if (depth > maxDepth) return true;
		level = nestedIn(level);
	}
	return false;
}

/** The arrays and objects that are the elements of arrays or the values of objects. */
function nestedIn(nodes: readonly Node[]): Node[] {
	const nested: Node[] = [];
	for (const { children = [] } of nodes)
		for (const child of children) {
			const value = child.type === "property" ? child.children?.[1] : child;
			if (value?.children) nested.push(value);
		}
	return nested;
}

/** What a recursion over a tree makes; undefined where the tree is nested deeper than the stack. */
export function unlessTooDeep<T>(make: () => T): T | undefined {
	try {
		return make();
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
}

/** The members of an object node, in order; of any other node, none. */
export function members(node: Node | undefined): Member[] {
	const found: Member[] = [];
	if (node?.type !== "object") return found;
	for (const property of node.children ?? []) {
		const [key, value] = property.children ?? [];
		if (typeof key?.value === "string" && value)
			found.push({ name: key.value, value, node: property });
	}
	return found;
}

/** The value of a member; undefined where there is no such member. */
export function member(node: Node | undefined, name: string): Node | undefined {
	if (node?.type !== "object") return undefined;
	for (const { children } of node.children ?? [])
		if (children?.[0]?.value === name && children[1]) return children[1];
	return undefined;
}

/** The elements of an array; any other node is the one element of itself, as in much of the query language. */
export function elements(node: Node | undefined): readonly Node[] {
	if (!node) return [];
	return node.type === "array" ? (node.children ?? []) : [node];
}

/** Whether a name stands twice in the same object, in a node or anywhere below it. */
export function hasDuplicates(node: Node): boolean {
	const names = members(node).map(({ name }) => name);
	return (
		new Set(names).size < names.length ||
		(node.children ?? []).some(hasDuplicates)
	);
}

/** The text of a node, as it stands there. */
export function nodeText(text: string, node: Node): string {
	return text.slice(node.offset, endOf(node));
}

/** The text of a node without white space and comments; everything else stays to the byte. */
export function compact(text: string, node: Node): string {
	const inner = (node.children ?? []).map((child) => compact(text, child));
	if (node.type === "object") return `{${inner.join(",")}}`;
	if (node.type === "array") return `[${inner.join(",")}]`;
	if (node.type === "property") return inner.join(":");
	return text.slice(node.offset, endOf(node));
}

/** The value of a node. A number beyond a double's precision is rounded. */
export function nodeValue(text: string, node: Node): unknown {
	return JSON.parse(compact(text, node));
}

/** Makes the text that stands for a node; `render` gives the text of a node within it. */
export type Renderer = (render: (node: Node) => string) => string;

/**
 * Renders an array or an object without some of its children, and with others, JSON texts with commas between, behind
 * one of them; at its end where none is named.
 */
export function listRenderer(
	text: string,
	list: Node,
	change: { without?: ReadonlySet<Node>; added?: string; behind?: Node },
): Renderer {
	return (render) => {
		const all = list.children ?? [];
		const parts: string[] = [];
		all.forEach((element, index) => {
			if (change.without?.has(element)) return;
			const previous = parts.length > 0 ? all[index - 1] : undefined;
			const between = previous
				? text.slice(endOf(previous), element.offset)
				: "";
			const added = element === change.behind ? `,${change.added}` : "";
			parts.push(between + render(element) + added);
		});
		if (change.added !== undefined && !change.behind)
			parts.push((parts.length > 0 ? "," : "") + change.added);
		const [first, last] = [all[0], all.at(-1)];
		return first && last && parts.length > 0
			? text.slice(list.offset, first.offset) +
					parts.join("") +
					text.slice(endOf(last), endOf(list))
			: list.type === "object"
				? `{${parts.join("")}}`
				: `[${parts.join("")}]`;
	};
}

/** The text in which some nodes of its tree are rendered anew and everything else stays to the byte. */
export function renderTree(
	text: string,
	root: Node,
	renderers: ReadonlyMap<Node, Renderer>,
): string {
	const rendered = renderNode(text, root, renderers);
	return text.slice(0, root.offset) + rendered + text.slice(endOf(root));
}

/** The text of a node, likewise. */
export function renderNode(
	text: string,
	root: Node,
	renderers: ReadonlyMap<Node, Renderer>,
): string {
	const render = (node: Node): string => {
		const renderer = renderers.get(node);
		if (renderer) return renderer(render);
		let result = "";
		let position = node.offset;
		for (const child of node.children ?? []) {
			result += text.slice(position, child.offset) + render(child);
			position = endOf(child);
		}
		return result + text.slice(position, endOf(node));
	};
	return render(root);
}

function endOf(node: Node): number {
	return node.offset + node.length;
}
