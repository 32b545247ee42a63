"""How the page looks: the theme's values and the style sheet; one accent, light and dark, system fonts."""

import inspect
from functools import cache
from importlib.resources import files

import gradio as gr

# A system stack with CJK faces: nothing is fetched, nothing flashes.
FONTS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "sans-serif",
)
MONO_FONTS = (
    "ui-monospace",
    "SFMono-Regular",
    "Menlo",
    "Consolas",
    "DejaVu Sans Mono",
    "monospace",
)

# In this order: later rules win.
STYLES = ("look.css", "data.css", "train.css", "search.css", "playground.css")

# Set before the first paint, so that a dark page never flashes white.
STORED_THEME = """<script>
(() => {
  const stored = localStorage.getItem('tuning-studio.theme');
  if (stored) document.body.classList.toggle('dark', stored === 'dark');
})();
</script>"""


def theme() -> gr.themes.Base:
    """Give the theme: `Base` with our variables (`look.css` holds their light and dark values)."""
    base = gr.themes.Base(
        primary_hue="teal",
        secondary_hue="teal",
        neutral_hue="slate",
        radius_size="md",
        font=list(FONTS),
        font_mono=list(MONO_FONTS),
    )
    values = {
        "body_background_fill": "var(--ts-page)",
        "body_text_color": "var(--ts-text)",
        "body_text_color_subdued": "var(--ts-muted)",
        "background_fill_primary": "var(--ts-card)",
        "background_fill_secondary": "var(--ts-page)",
        "border_color_primary": "var(--ts-border)",
        "border_color_accent": "var(--ts-accent)",
        "color_accent": "var(--ts-accent)",
        "color_accent_soft": "var(--ts-accent-soft)",
        "link_text_color": "var(--ts-accent-text)",
        "link_text_color_hover": "var(--ts-accent-text)",
        "block_background_fill": "var(--ts-card)",
        "block_border_color": "var(--ts-border)",
        "block_label_background_fill": "var(--ts-card)",
        "block_label_text_color": "var(--ts-text)",
        "block_title_text_color": "var(--ts-text)",
        "block_info_text_color": "var(--ts-muted)",
        "input_background_fill": "var(--ts-input)",
        "input_border_color": "var(--ts-border-strong)",
        "input_border_color_hover": "var(--ts-accent)",
        "input_border_color_focus": "var(--ts-accent)",
        "input_placeholder_color": "var(--ts-muted)",
        "checkbox_background_color": "var(--ts-input)",
        "checkbox_border_color": "var(--ts-border-strong)",
        "checkbox_label_background_fill": "var(--ts-input)",
        "checkbox_label_background_fill_hover": "var(--ts-hover)",
        "checkbox_label_background_fill_selected": "var(--ts-accent-soft)",
        "checkbox_label_border_color": "var(--ts-border-strong)",
        "checkbox_label_border_color_selected": "var(--ts-accent)",
        "checkbox_label_text_color": "var(--ts-text)",
        "checkbox_label_text_color_selected": "var(--ts-text)",
        "checkbox_background_color_selected": "var(--ts-accent)",
        "checkbox_border_color_selected": "var(--ts-accent)",
        "checkbox_border_color_focus": "var(--ts-accent)",
        "button_primary_background_fill": "var(--ts-act)",
        "button_primary_background_fill_hover": "var(--ts-act-hover)",
        "button_primary_text_color": "var(--ts-on-act)",
        "button_primary_border_color": "var(--ts-act)",
        "button_secondary_background_fill": "var(--ts-card)",
        "button_secondary_background_fill_hover": "var(--ts-hover)",
        "button_secondary_text_color": "var(--ts-text)",
        "button_secondary_border_color": "var(--ts-border-strong)",
        "error_text_color": "var(--ts-danger)",
        "error_border_color": "var(--ts-danger)",
        "slider_color": "var(--ts-accent)",
    }
    known = inspect.signature(base.set).parameters
    both = {
        **values,
        **{f"{name}_dark": value for name, value in values.items() if f"{name}_dark" in known},
    }
    sizes = {
        "input_border_width": "1px",
        "button_border_width": "1px",
        "checkbox_label_border_width": "1px",
        "checkbox_border_width": "1px",
        "block_border_width": "1px",
        "block_label_text_weight": "500",
        "block_title_text_weight": "500",
        "block_title_text_size": "*text_sm",
        "block_info_text_size": "13px",
        "block_shadow": "none",
        "input_shadow": "none",
        "input_shadow_focus": "0 0 0 3px var(--ts-ring)",
        "button_primary_shadow": "none",
        "button_secondary_shadow": "none",
        "button_large_text_weight": "600",
        "button_large_text_size": "15px",
        "button_small_text_size": "13.5px",
        "input_padding": "9px 12px",
        "input_radius": "8px",
    }
    return base.set(**both, **sizes)


@cache
def css() -> str:
    """Give the style sheet of the page."""
    folder = files("studio.ui")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in STYLES)


def head() -> str:
    """Give what the page's head needs: the stored choice of light or dark."""
    return STORED_THEME
