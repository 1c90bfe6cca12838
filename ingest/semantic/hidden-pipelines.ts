import {
	listRenderer,
	members,
	parseObject,
	renderTree,
} from "../json-tree.ts";
import { isSemanticPipeline } from "./semantic-pipeline.ts";

/**
 * Pipelines without those that the sidecar has made of `semantic` fields.
 *
 * @param text the body of OpenSearch's answer: pipelines by id; any other text comes back as it is
 */
export function withoutSemanticPipelines(text: string): string {
	const root = parseObject(text, { allowComments: false });
	if (!root) return text;
	const own = members(root).filter(({ name }) => isSemanticPipeline(name));
	if (own.length === 0) return text;
	const without = new Set(own.map(({ node }) => node));
	const list = listRenderer(text, root, { without });
	return renderTree(text, root, new Map([[root, list]]));
}
