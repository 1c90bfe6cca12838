import { expect, test } from "vitest";
import { recipeKey } from "../../sidecar/dev/assembly.ts";
import { recipePoms, unpackPom } from "../../sidecar/dev/assembly-poms.ts";
import {
	type Module,
	moduleDescriptor,
	openSearchRecipe,
	pluginDescriptor,
} from "../../sidecar/dev/assembly-recipe.ts";

const [firstModule] = openSearchRecipe.modules;

test("one run of Maven makes all of OpenSearch: every folder of the recipe is a child of the root pom", () => {
	const poms = recipePoms(openSearchRecipe);
	const root = poms.get("pom.xml") ?? "";
	const children = [...root.matchAll(/<module>([^<]+)<\/module>/g)].map(
		([, path]) => path,
	);
	expect(children).toEqual([
		"lib",
		...openSearchRecipe.modules.map(({ folder }) => `modules/${folder}`),
		"plugins/opensearch-knn",
	]);
	expect([...poms.keys()].slice(1)).toEqual(
		children.map((path) => `${path}/pom.xml`),
	);
});

test("a plugin's files can be left out and others put beside the rest", () => {
	const zip = {
		group: "g",
		artifact: "plugin",
		version: "1",
		type: "zip",
	} as const;
	const added = [
		{ group: "g", artifact: "jar", version: "2", classifier: "linux" },
	];
	const pom = unpackPom("plugins/p", zip, { excludes: ["jar-1.jar"], added });
	expect(pom).toContain("<type>zip</type>");
	expect(pom).toContain("<excludes>jar-1.jar</excludes>");
	expect(pom).toContain("<goal>copy</goal>");
	expect(pom).toContain("<classifier>linux</classifier>");
});

test("a plugin's descriptor is its own, but for what Maven Central does not have for it", () => {
	const zip = { group: "g", artifact: "p", version: "1", type: "zip" } as const;
	const own = "name=p\nextended.plugins=a;optional=true,b\nversion=1\n";
	const plugin = { folder: "p", zip };
	expect(pluginDescriptor(plugin, own)).toBe(own);
	expect(pluginDescriptor({ ...plugin, extendedPlugins: ["c"] }, own)).toBe(
		"name=p\nextended.plugins=c\nversion=1\n",
	);
});

test("a module's descriptor says what OpenSearch asks of it", () => {
	const module: Module = {
		folder: "ingest-common",
		artifact: { group: "g", artifact: "a", version: "3.6.0" },
		pluginClass: "org.opensearch.Some",
		extendedPlugins: ["lang-painless"],
	};
	expect(moduleDescriptor(module, openSearchRecipe)).toBe(
		`description=The ingest-common module
version=3.6.0
name=ingest-common
classname=org.opensearch.Some
java.version=21
opensearch.version=3.6.0
custom.foldername=
extended.plugins=lang-painless
has.native.controller=false
`,
	);
});

test("another recipe is another folder of the cache: nobody starts what an older release assembled", () => {
	const key = recipeKey(openSearchRecipe);
	expect(key).toMatch(/^opensearch-3\.6\.0-[0-9a-f]{12}$/);
	expect(recipeKey({ ...openSearchRecipe })).toBe(key);
	expect(recipeKey({ ...openSearchRecipe, plugins: [] })).not.toBe(key);
	const changed = openSearchRecipe.modules.map((module) =>
		module === firstModule ? { ...module, extendedPlugins: ["geo"] } : module,
	);
	expect(recipeKey({ ...openSearchRecipe, modules: changed })).not.toBe(key);
});
