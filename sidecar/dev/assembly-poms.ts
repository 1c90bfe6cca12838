import type { Artifact, Recipe } from "./assembly-recipe.ts";

const pluginVersion = "3.8.1";

/** An XML element with text or elements in it; every value here is a plain name, nothing needs escaping. */
function element(name: string, ...content: string[]): string {
	return `<${name}>${content.join("")}</${name}>`;
}

function coordinates(artifact: Artifact): string {
	return [
		element("groupId", artifact.group),
		element("artifactId", artifact.artifact),
		element("version", artifact.version),
		element("type", artifact.type ?? "jar"),
		artifact.classifier === undefined
			? ""
			: element("classifier", artifact.classifier),
	].join("");
}

/** One thing for Maven's dependency plugin to do. */
interface Execution {
	goal: "copy" | "copy-dependencies" | "unpack";
	configuration: string;
}

/** A pom that compiles nothing: in its `package` phase the dependency plugin copies and unpacks files. */
function pom(
	name: string,
	content: { dependencies?: readonly Artifact[]; executions: Execution[] },
): string {
	const executions = content.executions.map(({ goal, configuration }) =>
		element(
			"execution",
			element("id", goal),
			element("phase", "package"),
			element("goals", element("goal", goal)),
			element("configuration", configuration),
		),
	);
	return `${element(
		"project",
		element("modelVersion", "4.0.0"),
		element("groupId", "assembly"),
		element("artifactId", name),
		element("version", "1"),
		element("packaging", "pom"),
		element(
			"dependencies",
			...(content.dependencies ?? []).map((artifact) =>
				element("dependency", coordinates(artifact)),
			),
		),
		element(
			"build",
			element(
				"plugins",
				element(
					"plugin",
					element("groupId", "org.apache.maven.plugins"),
					element("artifactId", "maven-dependency-plugin"),
					element("version", pluginVersion),
					element("executions", ...executions),
				),
			),
		),
	)}\n`;
}

function target(path: string): string {
	return element(
		"outputDirectory",
		`\${session.executionRootDirectory}/home/${path}`,
	);
}

/** Copies artifacts with everything they need at run time. */
function copied(path: string, artifacts: readonly Artifact[]): string {
	return pom(path.replace("/", "-"), {
		dependencies: artifacts,
		executions: [
			{
				goal: "copy-dependencies",
				configuration: element("includeScope", "runtime") + target(path),
			},
		],
	});
}

/** Unpacks files out of an archive, and copies artifacts beside them as they are. */
export function unpackPom(
	path: string,
	archive: Artifact,
	options: {
		includes?: readonly string[];
		excludes?: readonly string[];
		added?: readonly Artifact[];
	} = {},
): string {
	const items = (artifacts: readonly Artifact[], ...more: string[]) =>
		element(
			"artifactItems",
			...artifacts.map((artifact) =>
				element("artifactItem", coordinates(artifact), ...more),
			),
		) + target(path);
	const patterns = [
		element("includes", (options.includes ?? []).join(",")),
		element("excludes", (options.excludes ?? []).join(",")),
	];
	const { added = [] } = options;
	return pom(path.replace("/", "-"), {
		executions: [
			{ goal: "unpack", configuration: items([archive], ...patterns) },
			...(added.length === 0
				? []
				: [{ goal: "copy" as const, configuration: items(added) }]),
		],
	});
}

/**
 * The poms of a recipe by their path: one child for lib, one for each module and plugin, so that one run of Maven
 * makes them all. Each writes into `home/<its folder>` beside the root pom.
 */
export function recipePoms(recipe: Recipe): Map<string, string> {
	const children = new Map<string, string>([
		["lib", copied("lib", recipe.lib)],
	]);
	for (const { folder, artifact } of recipe.modules) {
		children.set(`modules/${folder}`, copied(`modules/${folder}`, [artifact]));
	}
	for (const { folder, zip, without = [], added = [] } of recipe.plugins) {
		const path = `plugins/${folder}`;
		children.set(path, unpackPom(path, zip, { excludes: without, added }));
	}
	const root = `${element(
		"project",
		element("modelVersion", "4.0.0"),
		element("groupId", "assembly"),
		element("artifactId", recipe.name),
		element("version", "1"),
		element("packaging", "pom"),
		element(
			"modules",
			...[...children.keys()].map((path) => element("module", path)),
		),
	)}\n`;
	const poms = new Map([["pom.xml", root]]);
	for (const [path, text] of children) poms.set(`${path}/pom.xml`, text);
	return poms;
}
