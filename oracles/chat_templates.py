"""Fixtures for src/tokenizers/render-conversation.ts: conversations rendered by transformers (Jinja2).

    python oracles/chat_templates.py src/tokenizers/fixtures/chat-templates.json

The templates are written here in the shapes of those that published models have: where their turns begin and end, which
special tokens they write, what they do with a system message, and what they change in earlier turns once later ones follow. For
each template and conversation the file holds the text with and without the generation prompt, or that the template refuses,
and what the template's own {% generation %} marks enclose.
"""

import json
import sys
from pathlib import Path

from jinja2.exceptions import TemplateError
from transformers.utils.chat_template_utils import render_jinja_template

CHATML = """{% for message in messages %}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{%- endfor %}
{% if add_generation_prompt %}
{{ '<|im_start|>assistant\\n' }}
{% endif %}"""

TEMPLATES = {
    "chatml": {
        "special": ["<|im_start|>", "<|im_end|>"],
        "tokens": {"eos_token": "<|im_end|>"},
        "template": "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    },
    # Its line end behind the generation prompt makes what is asked another text than what is learned.
    "chatml-apart": {
        "special": ["<|im_start|>", "<|im_end|>"],
        "tokens": {"eos_token": "<|im_end|>"},
        "template": CHATML,
    },
    # Characters to strip, and filters of them.
    "stripping": {
        "special": ["<|im_end|>"],
        "tokens": {"eos_token": "<|im_end|>"},
        "template": "{% for message in messages %}{{ message.role }}:"
        "[{{ message.content.strip(' .') }}|{{ message.content.lstrip('\\n ') }}|{{ message.content.rstrip('.') }}|"
        "{{ message.content.strip() }}|{{ message.content | trim }}|{{ ('..' + message.content).lstrip('.').strip('네') }}]<|im_end|>"
        "{% endfor %}",
    },
    "chatml-marked": {
        "special": ["<|im_start|>", "<|im_end|>"],
        "tokens": {"eos_token": "<|im_end|>"},
        "template": """{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {{- '<|im_start|>assistant\\n' }}
        {%- generation %}
        {{- message.content + '<|im_end|>' }}
        {%- endgeneration %}
        {{- '\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}""",
    },
    "marked-content": {
        "special": ["<|im_start|>", "<|im_end|>"],
        "tokens": {"eos_token": "<|im_end|>"},
        "template": """{% for message in messages %}
<|im_start|>{{ message.role }}
{% if message.role == 'assistant' %}
  {% generation %}
{{ message.content }}{% endgeneration %}
<|im_end|>
{% else %}
{{ message.content }}<|im_end|>
{% endif %}
{% endfor %}
{% if add_generation_prompt %}
<|im_start|>assistant
{% endif %}""",
    },
    "qwen2": {
        "special": ["<|im_start|>", "<|im_end|>", "<|endoftext|>"],
        "tokens": {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
        "template": "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
        "{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}"
        "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    },
    "qwen2-tools": {
        "special": ["<|im_start|>", "<|im_end|>"],
        "tokens": {"eos_token": "<|im_end|>"},
        "template": """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\\n\\n' }}
    {%- endif %}
    {{- '# Tools\\n<tools>' }}
    {%- for tool in tools %}
        {{- '\\n' }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- '\\n</tools><|im_end|>\\n' }}
{%- elif messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'user' or (message.role == 'system' and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- elif message.role == 'assistant' %}
        {{- '<|im_start|>assistant' }}
        {%- if message.content %}
            {{- '\\n' + message.content }}
        {%- endif %}
        {%- if message.tool_calls is defined %}
            {%- for call in message.tool_calls %}
                {{- '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
                {{- call.function.arguments | tojson }}
                {{- '}\\n</tool_call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == 'tool' %}
        {%- if loop.index0 == 0 or messages[loop.index0 - 1].role != 'tool' %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
        {%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}""",
    },
    "qwen3": {
        "special": ["<|im_start|>", "<|im_end|>"],
        "tokens": {"eos_token": "<|im_end|>"},
        "template": """{%- set ns = namespace(last_query=0) %}
{%- for message in messages %}
    {%- if message.role == 'user' %}
        {%- set ns.last_query = loop.index0 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {%- set content = message.content %}
        {%- set reasoning = '' %}
        {%- if '</think>' in content %}
            {%- set reasoning = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query and (loop.last or reasoning) %}
            {{- '<|im_start|>assistant\\n<think>\\n' + reasoning.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>assistant\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
    },
    "llama2": {
        "special": ["<s>", "</s>"],
        "tokens": {"bos_token": "<s>", "eos_token": "</s>"},
        "template": "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}"
        "{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}"
        "{% for message in loop_messages %}"
        "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('user and assistant must take turns') }}{% endif %}"
        "{% if loop.index0 == 0 and system_message != false %}"
        "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
        "{% else %}{% set content = message['content'] %}{% endif %}"
        "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
        "{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
    },
    "llama3": {
        "special": ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        "tokens": {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
        "template": "{% set loop_messages = messages %}{% for message in loop_messages %}"
        "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' %}"
        "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}",
    },
    "llama3-date": {
        "special": ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        "tokens": {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
        "template": """{{- bos_token }}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}""",
    },
    "mistral": {
        "special": ["<s>", "</s>", "[INST]", "[/INST]"],
        "tokens": {"bos_token": "<s>", "eos_token": "</s>"},
        "template": "{{ bos_token }}{% for message in messages %}"
        "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('user and assistant must take turns') }}{% endif %}"
        "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
        "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token }}"
        "{% else %}{{ raise_exception('only user and assistant are known') }}{% endif %}{% endfor %}",
    },
    "mistral-system": {
        "special": ["<s>", "</s>", "[INST]", "[/INST]"],
        "tokens": {"bos_token": "<s>", "eos_token": "</s>"},
        "template": """{%- if messages[0].role == 'system' %}
    {%- set system = messages[0].content %}
    {%- set rest = messages[1:] %}
{%- else %}
    {%- set rest = messages %}
{%- endif %}
{%- set ns = namespace(last=-1) %}
{%- for message in rest %}
    {%- if message.role == 'user' %}
        {%- set ns.last = loop.index0 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in rest %}
    {%- if message.role == 'user' %}
        {%- if loop.index0 == ns.last and system is defined %}
            {{- '[INST] ' + system + '\\n\\n' + message.content + '[/INST]' }}
        {%- else %}
            {{- '[INST] ' + message.content + '[/INST]' }}
        {%- endif %}
    {%- else %}
        {{- ' ' + message.content + eos_token }}
    {%- endif %}
{%- endfor %}""",
    },
    "gemma": {
        "special": ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"],
        "tokens": {"bos_token": "<bos>", "eos_token": "<eos>"},
        "template": "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('there is no system role') }}{% endif %}"
        "{% for message in messages %}"
        "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('user and assistant must take turns') }}{% endif %}"
        "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}"
        "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}",
    },
    "phi3": {
        "special": ["<|user|>", "<|assistant|>", "<|system|>", "<|end|>", "<|endoftext|>"],
        "tokens": {"bos_token": "<s>", "eos_token": "<|endoftext|>"},
        "template": "{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + '<|end|>\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}",
    },
    "exaone": {
        "special": ["[BOS]", "[|system|]", "[|user|]", "[|assistant|]", "[|endofturn|]"],
        "tokens": {"bos_token": "[BOS]", "eos_token": "[|endofturn|]"},
        "template": "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}{{ '[|system|][|endofturn|]\\n' }}{% endif %}"
        "{{ '[|' + message['role'] + '|]' + message['content'] }}"
        "{% if message['role'] == 'user' %}{{ '\\n' }}{% else %}{{ '[|endofturn|]\\n' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '[|assistant|]' }}{% endif %}",
    },
    "solar": {
        "special": ["<s>", "</s>"],
        "tokens": {"bos_token": "<s>", "eos_token": "</s>"},
        "template": "{% for message in messages %}{% if message['role'] == 'system' %}{% if message['content'] %}{{'### System:\\n' + message['content'] + '\\n\\n'}}{% endif %}"
        "{% elif message['role'] == 'user' %}{{ '### User:\\n' + message['content'] + '\\n\\n' }}"
        "{% elif message['role'] == 'assistant' %}{{ '### Assistant:\\n' + message['content'] }}{% endif %}"
        "{% if loop.last and add_generation_prompt %}{{ '### Assistant:\\n' }}{% endif %}{% endfor %}",
    },
}


def turn(role: str, content: str, **more: object) -> dict:
    return {"role": role, "content": content, **more}


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "날씨",
            "description": "오늘의 날씨 <오늘> & 내일",
            "parameters": {"type": "object", "properties": {"도시": {"type": "string"}}, "required": ["도시"]},
        },
    }
]

CONVERSATIONS = {
    "single": {"messages": [turn("user", "육수는 어떻게 내나요?"), turn("assistant", "  멸치와 다시마를 끓이세요. ")]},
    "system": {
        "messages": [turn("system", "짧게 답하세요."), turn("user", "How long?"), turn("assistant", "Twenty minutes.\n\nNo more.")]
    },
    "several": {
        "messages": [
            turn("system", "당신은 요리사입니다."),
            turn("user", "안녕하세요"),
            turn("assistant", "네, 안녕하세요!"),
            turn("user", "무엇을 만들까요? 🍲"),
            turn("assistant", "떡국을 만드세요."),
        ]
    },
    "alike": {"messages": [turn("user", "됐나요?"), turn("assistant", "네."), turn("user", "정말요?"), turn("assistant", "네.")]},
    "going-on": {"messages": [turn("user", "하나"), turn("assistant", "둘"), turn("user", "셋")]},
    "asked": {"messages": [turn("user", "asked and not answered")]},
    "thinking": {
        "messages": [
            turn("user", "2+2?"),
            turn("assistant", "<think>\n더하면 4\n</think>\n\n4입니다."),
            turn("user", "3+3?"),
            turn("assistant", "<think>\n더하면 6\n</think>\n\n6입니다."),
        ]
    },
    "tools": {
        "tools": TOOLS,
        "messages": [
            turn("system", "도구를 쓰세요."),
            turn("user", "서울 날씨는?"),
            turn("assistant", "", tool_calls=[{"type": "function", "function": {"name": "날씨", "arguments": {"도시": "서울"}}}]),
            turn("tool", '{"기온": 3}'),
            turn("assistant", "서울은 3도입니다."),
        ],
    },
}


def render(template: dict, conversation: dict, prompt: bool, marks: bool = False):
    return render_jinja_template(
        conversations=[conversation["messages"]],
        tools=conversation.get("tools"),
        chat_template=template["template"],
        add_generation_prompt=prompt,
        return_assistant_tokens_mask=marks,
        **template["tokens"],
    )


def rendered(template: dict, conversation: dict) -> dict:
    result = {}
    for key, prompt in [("text", False), ("prompt", True)]:
        try:
            result[key] = render(template, conversation, prompt)[0][0]
        except (TemplateError, TypeError):
            result[key] = None
    if "generation %}" in template["template"] and result["text"] is not None:
        (text,), (spans,) = render(template, conversation, False, marks=True)
        result["marked"] = [text[start:end] for start, end in spans]
    return result


def main(path: Path) -> None:
    result = {
        "conversations": CONVERSATIONS,
        "templates": {
            name: {**template, "rendered": {key: rendered(template, value) for key, value in CONVERSATIONS.items()}}
            for name, template in TEMPLATES.items()
        },
    }
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
