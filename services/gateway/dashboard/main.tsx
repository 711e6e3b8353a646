/**
 * Where the page begins, in a browser.
 * @module
 */
import "uplot/dist/uPlot.min.css";
import "./styles/page.css";
import "./styles/parts.css";
import "./styles/figures.css";
import "./styles/robots.css";
import { render } from "preact";
import { App } from "./dashboard_app.tsx";
import { followKeys } from "./state/keyboard.ts";
import { followAddress } from "./state/route.ts";
import { openSession } from "./state/page_session.ts";
import { followTheme } from "./state/theme.ts";

followTheme();
openSession();
followAddress();
followKeys();
render(<App />, document.getElementById("dashboard")!);
