# apimdoctor alone, for pipelines that run containers: docker build -t apimdoctor . && docker run --rm -v "$PWD:/configuration:ro" apimdoctor scan --from .
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY apimdoctor apimdoctor
COPY rules rules
RUN python -m venv /opt/apimdoctor \
 && /opt/apimdoctor/bin/pip install --no-cache-dir -c constraints.txt .

FROM python:3.11-slim
COPY --from=build /opt/apimdoctor /opt/apimdoctor
ENV PATH=/opt/apimdoctor/bin:$PATH
# It only reads, so it needs no right in the container either.
RUN useradd --create-home --uid 10001 doctor
USER doctor
WORKDIR /configuration
ENTRYPOINT ["apimdoctor"]
CMD ["--help"]
